/** What `vigie doctor` says of a journal: each fault is one line, with the lines that mend it. */
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { examineCel } from '../../../src/adapters/cel/cel-doctor.ts';
import { mappingFix } from '../../../src/adapters/cel/doctor-lines.ts';
import { projectFolder } from '../../../src/paths.ts';
import type { CelSight } from '../../../src/ports/cel-sight.ts';
import type { Finding } from '../../../src/ports/finding.ts';
import { freepbxTable, openMariadb } from '../../support/cel-tables.ts';
import { folderOf, journalCall, journalLine } from '../../support/journal-lines.ts';

const sample = readFileSync(join(projectFolder(), 'dialplan', 'cel_vigie.conf'), 'utf8');
const setting = (name: string) => new RegExp(`^${name} = (.*)$`, 'm').exec(sample)![1]!;
const asSampled: CelSight = {
  enable: setting('enable'),
  events: setting('events'),
  apps: setting('apps'),
  modules: ['cel_custom.so', 'cel_odbc.so'],
};
const now = () => Math.floor(Date.now() / 1_000);
const place = { dataDir: '/nowhere', pbx: 'main' };
const of = (findings: readonly Finding[], topic: string) => findings.find((one) => one.topic === topic);
const bad = (findings: readonly Finding[]) =>
  findings.filter(({ verdict }) => verdict !== 'fine').map(({ topic, verdict }) => `${topic}: ${verdict}`);

t.test(
  'A journal set up by the sample is fine, and the sample holds the lines that are asked for',
  async (t) => {
    const file = join(folderOf(t), 'vigie.csv');
    writeFileSync(file, `${journalCall(1, now()).join('\n')}\n`);
    const findings = await examineCel({ file }, asSampled, place);
    t.same(bad(findings), []);
    t.match(of(findings, 'CEL file')?.text, /all understood/);
    t.equal(of(findings, 'PBX clock')?.verdict, 'fine');
    for (const line of mappingFix.lines) t.match(sample, line);
    const [none] = await examineCel({ file }, { ...asSampled, enable: '' }, place);
    for (const line of none!.fix!.lines) t.match(sample, line);
  },
);

t.test('What Asterisk does not write is named', async (t) => {
  const file = join(folderOf(t), 'vigie.csv');
  writeFileSync(file, `${journalCall(1, now()).join('\n')}\n`);
  const said = async (change: Partial<CelSight>) =>
    (await examineCel({ file }, { ...asSampled, ...change }, place)).find(
      ({ verdict }) => verdict !== 'fine',
    );
  t.match(await said({ enable: 'no' }), { topic: 'CEL', verdict: 'missing', text: /writes no journal/ });
  t.match(await said({ events: 'CHAN_START,CHAN_END,HANGUP' }), {
    verdict: 'missing',
    text: /lacks ANSWER, BRIDGE_ENTER/,
  });
  t.match(await said({ apps: 'dial' }), { verdict: 'missing', text: /apps lacks queue/ });
  t.match(await said({ modules: [] }), { topic: 'CEL module', fix: { lines: ['load = cel_custom.so'] } });
  t.equal(await said({ events: 'ALL', apps: 'all' }), undefined);
  t.match(await examineCel(null, asSampled, place), [{ topic: 'CEL', verdict: 'optional' }]);
});

t.test('A file that is not there, is of another mapping, says no hangup, or has a wrong clock', async (t) => {
  const folder = folderOf(t);
  const file = join(folder, 'vigie.csv');
  const look = () => examineCel({ file }, asSampled, place);
  t.match(of(await look(), 'CEL file'), { verdict: 'wrong', text: /is not there/, fix: mappingFix });
  writeFileSync(file, '');
  t.match(of(await look(), 'CEL file'), { verdict: 'unseen', text: /make a call/ });
  writeFileSync(file, '"1","2"\n"3","4"\n');
  t.match(of(await look(), 'CEL file'), { verdict: 'wrong', text: /another mapping/, fix: mappingFix });
  writeFileSync(file, `${journalLine({ event: 'HANGUP', seconds: `${now()}.5` })}\nrubbish\n`);
  t.match(of(await look(), 'CEL hangups'), { verdict: 'missing' });
  t.match(of(await look(), 'CEL file'), { text: /1 of 2 not understood/ });
  writeFileSync(file, `${journalCall(1, now() + 3_600).join('\n')}\n`);
  t.match(of(await look(), 'PBX clock'), { verdict: 'wrong', text: /^3\d{3} s ahead/ });
  const old = new Date(Date.now() - 3 * 86_400_000);
  utimesSync(file, old, old);
  t.ok((await look()).some(({ text }) => /nothing was written for 3 days/.test(text)));
  t.match(of(await examineCel({ token: 'x' }, asSampled, { ...place, dataDir: folder }), 'CEL lines'), {
    verdict: 'missing',
    fix: { lines: [/vigie collect/] },
  });
});

t.test('A table that cannot be reached, lacks columns, is empty, or tells whole seconds', async (t) => {
  const db = await openMariadb(
    freepbxTable
      .replace(/extra varchar\(512\) not null default '',/, '')
      .replace("default '',\n  primary", "default '',\n primary"),
  );
  t.teardown(() => db.close());
  const look = (url = db.url) => examineCel({ url }, asSampled, place);
  const refused = await look(db.url.replace('//reader', '//nobody'));
  t.match(of(refused, 'CEL table'), {
    verdict: 'wrong',
    text: /ER_ACCESS_DENIED/,
    fix: { lines: [/grant select/] },
  });
  t.notMatch(JSON.stringify(refused), /hunter2/);
  const empty = await look();
  t.ok(empty.some(({ verdict, text }) => verdict === 'missing' && /no column extra/.test(text)));
  t.ok(empty.some(({ verdict, text }) => verdict === 'unseen' && /empty/.test(text)));
  // The very line that is asked for.
  await db.run(empty.find(({ text }) => /no column extra/.test(text))!.fix!.lines[0]!);
  await db.run(
    "insert into cel (eventtype,eventtime,cid_name,cid_num,cid_ani,cid_rdnis,cid_dnid,exten,context,channame,appname,appdata,amaflags,accountcode,uniqueid,linkedid,peer,extra) values ('HANGUP', utc_timestamp(), '','','','','','','','PJSIP/a-1','','',0,'','1763980000.1','1763980000.1','','{\"hangupcause\":16,\"hangupsource\":\"\"}')",
  );
  const seconds = await look();
  t.same(bad(seconds), ['CEL times: optional']);
  await db.run(of(seconds, 'CEL times')!.fix!.lines[0]!);
  await db.run('update cel set eventtime = eventtime + interval 123456 microsecond');
  t.same(bad(await look()), []);
  await db.run('alter table cel drop column linkedid');
  t.match(of(await look(), 'CEL table'), { verdict: 'wrong', text: /no column linkedid/ });
});
