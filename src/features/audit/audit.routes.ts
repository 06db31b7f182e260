import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { AuditFilters, AuditPage, AuditQuery, AuditVerification } from '../../contract/audit.ts';
import { requireViewer } from '../../ports/http-viewer.ts';
import type { Audit } from './audit.service.ts';
import { auditCsv } from './audit-csv.ts';

const config = { access: 'audit.view' } as const;
const tags = ['audit'];

export function auditRoutes(audit: Audit): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/audit',
      {
        config,
        schema: { summary: 'Who did what', tags, querystring: AuditQuery, response: { 200: AuditPage } },
      },
      (request) => audit.list(requireViewer(request), request.query),
    );
    app.get(
      '/api/audit/verify',
      {
        config,
        schema: {
          summary: 'Whether every entry is there as it was written',
          tags,
          response: { 200: AuditVerification },
        },
      },
      (request) => audit.verify(requireViewer(request)),
    );
    app.get(
      '/api/audit.csv',
      { config, schema: { summary: 'The same as CSV', tags, querystring: AuditFilters } },
      async (request, reply) => {
        const entries = await audit.all(requireViewer(request), request.query);
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', 'attachment; filename="audit.csv"')
          .send(auditCsv(entries));
      },
    );
  };
}
