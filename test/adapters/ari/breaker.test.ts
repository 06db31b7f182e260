import t from 'tap';
import { createBreaker } from '../../../src/adapters/ari/breaker.ts';
import { AriError, type AriRequest } from '../../../src/asterisk-ari-client/index.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A PBX that answers, refuses or is silent, as told. */
function pbx() {
  type How = 'silent' | 'refusing' | 'well';
  let how: (count: number) => How = () => 'well';
  const asked: string[] = [];
  const changes: boolean[] = [];
  async function answer(): Promise<unknown> {
    const now = how(asked.length);
    if (now === 'silent') throw new AriError({ code: 'ari-timeout' });
    if (now === 'refusing') throw new AriError({ code: 'ari-http', status: 404 });
    return {};
  }
  const breaker = createBreaker({
    request: ((method: string, path: string) => {
      asked.push(`${method} ${path}`);
      return answer();
    }) as AriRequest,
    onChange: (answers) => void changes.push(answers),
    probeEveryMs: 20,
  });
  return {
    breaker,
    asked,
    changes,
    falls(next: How | ((count: number) => How)) {
      how = typeof next === 'function' ? next : () => next;
    },
  };
}

t.test('A PBX that answers no ping is told once, and requests are refused without being sent', async (t) => {
  const { breaker, asked, changes, falls } = pbx();
  t.teardown(breaker.stop);
  falls('silent');
  await waitFor(() => changes.length > 0, Boolean, 5_000);
  t.equal(breaker.answers, false);
  const before = performance.now();
  await t.rejects(breaker.request('POST', '/bridges'), { code: 'ari-unreachable', mayHaveRun: false });
  t.ok(performance.now() - before < 1_000);
  t.notOk(asked.includes('POST /bridges'));
  falls('well');
  await waitFor(() => breaker.answers, Boolean, 5_000);
  t.same(changes, [false, true]);
  await breaker.request('POST', '/bridges');
  t.ok(asked.includes('POST /bridges'), 'and goes through again');
});

t.test('One unanswered ping, and refusals, are no reason', async (t) => {
  const { breaker, asked, changes, falls } = pbx();
  t.teardown(breaker.stop);
  // Told with each question, so that a slow machine puts no second one in between.
  const script = [
    'refusing',
    'refusing',
    'refusing',
    'silent',
    'well',
    'silent',
    'refusing',
    'well',
  ] as const;
  falls((count) => script[count - 1] ?? 'well');
  await waitFor(() => asked.length > script.length, Boolean, 5_000);
  t.same(changes, []);
  t.ok(breaker.answers);
});

t.test('An answer to somebody else closes it at once', async (t) => {
  const { breaker, changes, falls } = pbx();
  t.teardown(breaker.stop);
  falls('silent');
  await waitFor(() => !breaker.answers, Boolean, 5_000);
  breaker.noteAnswer();
  t.same(changes.slice(0, 2), [false, true]);
});
