/** The settings of several PBXs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readConfig } from '../src/config.ts';

const file = (content: unknown): string => {
  const path = join(t.testdir(), 'pbxs.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const read = (content: unknown, more: NodeJS.ProcessEnv = {}) =>
  readConfig({ PBX_CONFIG: file(content), ...more }).pbxs;
const ari = { url: 'http://10.0.0.2:8088/ari/', username: 'vigie', password: 'hunter2' };

t.test('Every PBX of the file is read, with what the settings give for all of them', async (t) => {
  const pbxs = read(
    [
      {
        name: 'paris',
        ari,
        ami: { host: '10.0.0.2', username: 'v', password: 'hunter2' },
        dialStrings: { lyon: 'PJSIP/{device}@to-lyon' },
      },
      { name: 'lyon', ari: { ...ari, app: 'other' }, cel: { file: '/cel.csv' }, dialplanContext: 'desk' },
    ],
    { ARI_APP: 'mine', BROWSER_PHONE_CONTEXT: 'everywhere' },
  );
  t.match(pbxs, [
    {
      name: 'paris',
      ari: { url: 'http://10.0.0.2:8088/ari', username: 'vigie', password: 'hunter2', app: 'mine' },
      ami: { host: '10.0.0.2', port: 5038, username: 'v' },
      cel: null,
      phoneContext: 'everywhere',
      dialStrings: { lyon: 'PJSIP/{device}@to-lyon' },
    },
    { name: 'lyon', ari: { app: 'other' }, ami: null, cel: { file: '/cel.csv' }, phoneContext: 'desk' },
  ]);
  t.match(readConfig({ ARI_URL: ari.url, ARI_USERNAME: 'u', ARI_PASSWORD: 'p' }).pbxs, [{ name: 'main' }]);
  t.same(readConfig({}).pbxs, []);
});

t.test('What is wrong in the file is said with the entry and the field, and no secret', async (t) => {
  const good = { name: 'paris', ari };
  const second = (part: object) => [good, { name: 'lyon', ari, ...part }];
  const { password, ...open } = ari;
  const wrong: [unknown, RegExp][] = [
    ['{"password": "hunter2"', /is not JSON$/],
    [{ name: 'paris' }, /is not a list of PBXs/],
    [[], /names no PBX/],
    [Array.from({ length: 101 }, (_, i) => ({ name: `p${i}`, ari })), /more than 100 PBXs/],
    [[good, 'hunter2'], /entry 2: it must be object/],
    [[good, { ari }], /entry 2: name is missing/],
    [[{ name: 'a/b', ari }], /entry 1: name must match/],
    [[{ name: 'a'.repeat(65), ari }], /entry 1: name must not have more than 64/],
    [second({ ari: open }), /entry 2 \(lyon\): ari\.password is missing/],
    [second({ ari: { ...ari, secret: 'hunter2' } }), /entry 2 \(lyon\): ari\.secret is unknown/],
    [second({ ari: { ...ari, url: 'ftp://hunter2' } }), /entry 2 \(lyon\): ari\.url is not a http/],
    [second({ ari: { ...ari, url: 'http://v:hunter2@h/ari' } }), /entry 2 \(lyon\): ari\.url holds a user/],
    [second({ ami: { host: 'h', username: 'u' } }), /entry 2 \(lyon\): ami\.password is missing/],
    [second({ ami: { host: 'h', port: 0, username: 'u', password } }), /ami\.port must be >= 1/],
    [second({ name: 'paris' }), /entry 2 \(paris\): the name is that of an earlier entry/],
    [second({ dialStrings: { nice: 'PJSIP/{device}@x' } }), /dialStrings names nice, which is no entry/],
    [second({ dialStrings: { paris: 'PJSIP/1001@x' } }), /dialStrings\.paris must match/],
    [second({ dialStrings: { paris: 'PJSIP/{device}@x&PJSIP/2' } }), /dialStrings\.paris must match/],
    [second({ dialplanContext: 'a b' }), /dialplanContext must match/],
    [second({ cel: {} }), /cel names one of file, url and token/],
    [second({ cel: { file: '/a', token: 'hunter2-hunter2-hunter2' } }), /cel names one of/],
    [second({ cel: { url: 'mysql://v:hunter2@h' } }), /cel\.url names no database/],
    [second({ cel: { token: 'hunter2' } }), /cel\.token is not of 20 to 200 characters/],
  ];
  for (const [content, text] of wrong) {
    const error = readError(() => read(content));
    t.match(error, { code: 'bad-setting', message: text }, String(text));
    t.match(error.message, /^PBX_CONFIG: /);
    t.notMatch(error.message, 'hunter2');
  }
  t.match(
    readError(() => readConfig({ PBX_CONFIG: '/nowhere/pbxs.json' })),
    { code: 'bad-setting', message: /cannot be read \(ENOENT\)/ },
  );
});

t.test('The file names every PBX: one more beside it is refused', async (t) => {
  for (const [name, value] of [
    ['ARI_URL', ari.url],
    ['AMI_HOST', 'pbx'],
    ['CEL_FILE', '/cel.csv'],
    ['CEL_URL', 'mysql://h/asteriskcdrdb'],
    ['COLLECT_TOKEN', 'correct-horse-battery-staple'],
  ] as const)
    t.match(
      readError(() => read([{ name: 'paris', ari }], { [name]: value })),
      { code: 'bad-setting', message: new RegExp(`PBX_CONFIG and ${name} are both set`) },
      name,
    );
});

t.test('The journal has one source, and each setting of it is checked without being repeated', async (t) => {
  const pbx = { ARI_URL: ari.url, ARI_USERNAME: 'v', ARI_PASSWORD: 'x' };
  const token = 'correct-horse-battery-staple';
  const cel = (more: Record<string, string>) => readConfig({ ...pbx, ...more }).pbxs[0]?.cel;
  t.same(cel({}), null);
  t.same(cel({ CEL_FILE: '/a' }), { file: '/a' });
  t.same(cel({ CEL_URL: 'mysql://u:p@h/d' }), { url: 'mysql://u:p@h/d' });
  t.same(cel({ COLLECT_TOKEN: token }), { token });
  const host = { CEL_FILE: '/a', COLLECT_TO: 'https://vigie.example/', COLLECT_TOKEN: token };
  t.match(readConfig(host).collect, { to: 'https://vigie.example', token, file: '/a', pbx: 'main' });
  const wrong: [Record<string, string>, RegExp][] = [
    [{ ...pbx, CEL_FILE: '/a', CEL_URL: 'mysql://u:hunter2@h/d' }, /CEL_FILE and CEL_URL are set/],
    [{ ...pbx, CEL_URL: 'mysql://u:hunter2@h/' }, /CEL_URL names no database/],
    [{ ...pbx, COLLECT_TOKEN: 'hunter2' }, /COLLECT_TOKEN is not of 20 to 200/],
    [{ ...host, ...pbx }, /COLLECT_TO is for a PBX host/],
    [{ ...host, CEL_FILE: '' }, /CEL_FILE is missing/],
    [{ ...host, COLLECT_TOKEN: '' }, /COLLECT_TOKEN is missing/],
    [{ ...host, COLLECT_TO: 'https://u:hunter2@vigie.example' }, /COLLECT_TO holds a user/],
  ];
  for (const [env, text] of wrong) {
    const error = readError(() => readConfig(env));
    t.match(error, { code: 'bad-setting', message: text }, String(text));
    t.notMatch(error.message, 'hunter2');
  }
});

function readError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was not refused');
}
