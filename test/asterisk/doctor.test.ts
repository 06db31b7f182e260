/** `vigie doctor` on real Asterisk, healthy and with each fault. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { type Lab, startLab } from '../../scripts/lab/index.ts';
import { waitFor } from '../../scripts/lab/tools.ts';
import { runDoctor } from '../../src/doctor.ts';
import { projectFolder } from '../../src/paths.ts';
import type { PbxConfig } from '../../src/pbx-config.ts';

/** A file that an administrator is given. */
const sample = (name: string) => readFileSync(join(projectFolder(), 'dialplan', name), 'utf8');

const [good, bad] = await Promise.all([
  startLab({
    name: 'doctor-good',
    pbx: {
      channelVars: /^channelvars = (.*)$/m.exec(sample('ari_vigie.conf'))![1],
      dialplan: sample('extensions_vigie.conf'),
      browserPhones: true,
    },
  }),
  startLab({
    name: 'doctor-bad',
    pbx: {
      channelVars: null,
      overloadTrigger: 'global',
      append: { 'modules.conf': 'noload = func_cdr.so\n' },
    },
  }),
]);
t.teardown(() => Promise.all([good.stop(), bad.stop()]));

// The journal begins with the first call.
const call = await good.phones.call({ from: 'customer', to: '8014' });
await call.waitEnded();

interface Change {
  ari?: Partial<PbxConfig['ari']>;
  ami?: Partial<PbxConfig['ami'] & object> | null;
  cel?: PbxConfig['cel'];
}

async function examine(lab: Lab, { ari, ami, cel }: Change = {}) {
  let text = '';
  const { ariUrl: url, ariUsername: username, ariPassword: password, amiPort: port } = lab.pbx;
  const pbx: PbxConfig = {
    name: 'main',
    ari: { url, username, password, app: 'vigie', ...ari },
    ami: ami === null ? null : { host: '127.0.0.1', port, username: 'careful', password, ...ami },
    cel: cel === undefined ? { file: lab.pbx.celFile } : cel,
    phoneContext: null,
    dialStrings: {},
  };
  const code = await runDoctor(
    { pbxs: [pbx], dataDir: '/nowhere' },
    { write: (part: string) => (text += part) },
  );
  t.notMatch(text, password, 'no secret is written');
  t.notMatch(text, '\u001b', 'no colour where there is no terminal');
  const verdicts = new Map(
    text.split('\n').flatMap((line) => {
      const found = /^(fine|optional|not seen|missing|wrong) +(.+?): /.exec(line);
      return found ? [[found[2]!, found[1]!] as const] : [];
    }),
  );
  return { code, text, verdicts };
}

t.test('A PBX set up as the guide says is fine, and nothing of the visit stays', async (t) => {
  const { code, text, verdicts } = await examine(good);
  t.equal(code, 0, text);
  t.notOk([...verdicts.values()].some((verdict) => verdict === 'wrong' || verdict === 'missing'));
  t.equal(verdicts.get('extensions_vigie.conf'), 'fine');
  t.equal(verdicts.get('Browser phones'), 'fine');
  t.match(text, /Queues: \d+ found: .*sales/);
  t.match(text, /Endpoints: \d+ found, .*PJSIP\/1001/);
  t.same(await good.pbx.channels(), []);
  // Asterisk forgets an application a moment after its socket has closed.
  await waitFor('no application', async () => {
    const left = await good.pbx.ari.request<unknown[]>('GET', '/applications');
    return left.length === 0;
  });
});

t.test('Each fault of the PBX is found', async (t) => {
  const { code, text, verdicts } = await examine(bad);
  t.equal(code, 1);
  t.equal(verdicts.get('Overload trigger'), 'wrong');
  t.equal(verdicts.get('channelvars'), 'missing');
  t.equal(verdicts.get('Modules'), 'wrong');
  t.match(text, /load = func_cdr\.so/);
  t.equal(verdicts.get('CDR'), 'wrong');
  t.equal(verdicts.get('extensions_vigie.conf'), 'optional');
  t.equal(verdicts.get('Browser phones'), 'optional');
  // The files that administrators are given hold the very lines that are asked for.
  for (const line of [
    'taskprocessor_overload_trigger = pjsip_only',
    'channelvars = CHANNEL(linkedid),CHANNEL(hangupsource),QUEUESTATUS',
  ]) {
    t.match(text, line);
    t.match(sample('pjsip_vigie.conf') + sample('ari_vigie.conf'), line);
  }
  t.equal(verdicts.get('Asterisk version'), 'fine');
});

t.test('A read-only user, a wrong password, a wrong AMI user are found', async (t) => {
  const readOnly = await examine(good, {
    ari: { username: 'reader', password: good.pbx.secondAri.password },
  });
  t.equal(readOnly.code, 1);
  t.equal(readOnly.verdicts.get('ARI rights'), 'wrong');
  const wrong = await examine(good, { ari: { password: 'wrong' }, ami: { password: 'wrong' } });
  t.equal(wrong.code, 1);
  t.match(wrong.text, /refuses ARI_USERNAME/);
  t.match(wrong.text, /refuses the sign-in/);
  const without = await examine(good, { ami: null });
  t.equal(without.code, 0);
  t.equal(without.verdicts.get('AMI'), 'optional');
  t.equal(without.verdicts.get('Queues'), 'not seen');
});

t.test('Where no ARI answers the exit status is 2', async (t) => {
  const silent = createServer(() => {});
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/ari`;
  const [nobody, mute, elsewhere] = await Promise.all([
    examine(good, { ari: { url: 'http://127.0.0.1:1/ari' } }),
    examine(good, { ari: { url } }),
    examine(good, { ari: { url: good.pbx.ariUrl.replace('/ari', '/other') } }),
  ]);
  t.equal(nobody.code, 2);
  t.equal(mute.code, 2);
  t.equal(elsewhere.code, 1);
  t.match(elsewhere.text, /is not ARI/);
  let text = '';
  t.equal(await runDoctor({ pbxs: [], dataDir: '/nowhere' }, { write: (part: string) => (text += part) }), 2);
  t.match(text, 'ARI_URL=');
});

t.test('On a terminal it is coloured', async (t) => {
  let text = '';
  await runDoctor(
    { pbxs: [], dataDir: '/nowhere' },
    { isTTY: true, write: (part: string) => (text += part) },
  );
  t.match(text, '\u001b[31m');
});
