import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, errorRegistry } from '../../contract/errors.ts';
import type { Log } from '../../ports/log.ts';

/** The one place that turns an error into an answer: `application/problem+json` with our stable code. */
export function answerProblems(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = toAppError(error);
    if (problem.status >= 500) {
      const fields = { err: error.cause ?? error, code: problem.code, requestId: request.id };
      const route = { method: request.method, route: request.routeOptions.url };
      log.error({ ...fields, ...route }, 'a request failed');
    }
    return sendProblem(request, reply, problem);
  });
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: AppError): FastifyReply {
  const { code, extra } = problem;
  if (problem.status === 401) reply.header('www-authenticate', code === 'bad-token' ? 'Bearer' : 'Session');
  if (typeof extra['retryAfterS'] === 'number') reply.header('retry-after', String(extra['retryAfterS']));
  return reply
    .code(problem.status)
    .type('application/problem+json; charset=utf-8')
    .serializer((body) => JSON.stringify(body))
    .send({
      ...extra,
      type: `urn:vigie:error:${code}`,
      title: errorRegistry[code].title,
      status: problem.status,
      code,
      detail: problem.message,
      requestId: request.id,
    });
}

/** What the client may know of an error: nothing of the unexpected ones. */
export function toAppError(error: FastifyError): AppError {
  if (error instanceof AppError) return error;
  if (error.validation) return validationFailed(error);
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new AppError('body-too-large');
  const status = error.statusCode ?? 500;
  if (status === 404) return new AppError('not-found');
  // Fastify's own refusals: broken JSON, a media type nobody reads, a bad URL. Their texts hold nothing of ours.
  if (status >= 400 && status < 500) return new AppError('bad-request', error.message);
  if (status === 503) return new AppError('shutting-down');
  return new AppError('internal');
}

function validationFailed(error: FastifyError): AppError {
  const first = error.validation?.[0];
  const params = (first?.params ?? {}) as { additionalProperty?: string; missingProperty?: string };
  const path = (first?.instancePath ?? '').replace(/^\//, '').replaceAll('/', '.');
  const last = params.additionalProperty ?? params.missingProperty;
  const field = [path, last].filter((part) => !!part).join('.');
  const where = { body: 'body', querystring: 'query', params: 'path', headers: 'headers' } as const;
  const part = where[error.validationContext as keyof typeof where] ?? 'request';
  const what = params.additionalProperty ? 'is not a known field' : (first?.message ?? 'is wrong');
  return new AppError('validation-failed', `${field || part}: ${what}`.slice(0, 500), { field, in: part });
}
