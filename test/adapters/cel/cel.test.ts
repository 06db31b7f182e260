/** The journal followed: what is told when, where reading begins again, and what a wrong clock or a flood does. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type CelJournal, createCelJournal } from '../../../src/adapters/cel/cel.ts';
import { createCelFacts, legsKnownMax } from '../../../src/adapters/cel/cel-facts.ts';
import { checkpointsMax, createCheckpoints } from '../../../src/adapters/cel/checkpoints.ts';
import { createFileSource } from '../../../src/adapters/cel/file-source.ts';
import { createGapFilter, deafMaxMs, keptFactsMax } from '../../../src/adapters/cel/gap-filter.ts';
import { createKeptPosition } from '../../../src/adapters/cel/kept-position.ts';
import { systemClock } from '../../../src/ports/clock.ts';
import { createOurClock } from '../../../src/ports/our-clock.ts';
import type { FactBody, TelephonyFact } from '../../../src/ports/telephony-facts.ts';
import { quietLog } from '../../support/calls-people.ts';
import { folderOf, journalCall, journalLine } from '../../support/journal-lines.ts';
import { waitFor } from '../../support/wait-for.ts';

const ari = (body: FactBody, atMs: number): TelephonyFact =>
  ({ pbx: 'main', source: 'ari', generation: 1, sequence: 1, atMs, ...body }) as TelephonyFact;

interface Following {
  facts: TelephonyFact[];
  ended(): string[];
  journal: CelJournal;
}
async function follow(t: Test, folder: string): Promise<Following> {
  const facts: TelephonyFact[] = [];
  const journal = createCelJournal({
    name: 'main',
    source: createFileSource(join(folder, 'journal.csv')),
    kept: createKeptPosition(folder, 'main'),
    needs: { synced: async () => {}, hasRoom: () => true },
    clock: systemClock,
    log: quietLog,
  });
  await journal.start((fact) => void facts.push(fact));
  t.teardown(() => journal.stop());
  const ended = () => facts.flatMap((fact) => (fact.kind === 'leg-ended' ? [fact.uniqueId] : []));
  return { facts, ended, journal };
}
const write = (folder: string, ...lines: string[]) => append(folder, lines);
const append = (folder: string, lines: readonly string[]) =>
  appendFileSync(join(folder, 'journal.csv'), lines.map((line) => `${line}\n`).join(''));
const now = () => Math.floor(Date.now() / 1_000);

t.test('A leg’s end is told with who hung up; a journal that comes later is waited for', async (t) => {
  const folder = folderOf(t);
  const { facts } = await follow(t, folder);
  const extra = { hangupcause: 16, hangupsource: 'PJSIP/1001-00000007' };
  write(folder, journalLine({ event: 'HANGUP', extra }), journalLine({ event: 'CHAN_END' }), 'rubbish');
  write(folder, journalLine({ event: 'CHAN_END', uniqueId: '1763980000.8' }));
  await waitFor(() => facts.filter(({ kind }) => kind === 'leg-ended').length === 2, Boolean, 5_000);
  const [first, second] = facts.filter(({ kind }) => kind === 'leg-ended');
  t.match(first, { source: 'cel', uniqueId: '1763980000.7', cause: 16, atMs: 1_763_980_000_123 });
  t.match(first, { hangupSource: 'PJSIP/1001-00000007', hangupSourceKnown: true });
  const nothing = { cause: 0, hangupSource: '', hangupSourceKnown: false };
  t.match(second, nothing, 'without a HANGUP nothing is guessed');
});

t.test(
  'What was written while nobody read is read at the next start; older lines are not read again',
  async (t) => {
    const folder = folderOf(t);
    writeFileSync(join(folder, 'journal.csv'), `${journalCall(1, now()).join('\n')}\n`);
    const first = await follow(t, folder);
    t.same(first.ended(), [], 'on the first day it begins at the end');
    write(folder, ...journalCall(2, now() - 50));
    await waitFor(() => first.ended().length === 1, Boolean, 5_000);
    await first.journal.stop();
    write(folder, ...journalCall(3, now()));
    const second = await follow(t, folder);
    t.equal(second.ended().length, 1);
    t.match(second.ended()[0], /\.3$/);
    await second.journal.stop();
  },
);

t.test('A leg that is not over is read again from its beginning', async (t) => {
  const folder = folderOf(t);
  const atS = now() - 20;
  const [start, hangup, end] = journalCall(5, atS);
  const before = await follow(t, folder);
  write(folder, ...journalCall(4, atS - 50));
  await waitFor(() => before.ended().length === 1, Boolean, 5_000);
  write(folder, start!);
  await waitFor(() =>
    before.facts.some((fact) => fact.kind === 'leg-created' && fact.leg.uniqueId.endsWith('.5')),
  );
  await before.journal.stop();
  write(folder, hangup!, end!);
  const after = await follow(t, folder);
  t.match(
    after.facts.map(({ kind }) => kind),
    ['leg-created', 'leg-state', 'leg-ended'],
  );
  t.same(
    after.facts[0],
    before.facts.find((fact) => fact.kind === 'leg-created' && fact.leg.uniqueId.endsWith('.5')),
  );
});

t.test(
  'A leg that the journal began and a resync does not find is over, by a restart of the PBX or unseen',
  async (t) => {
    const folder = folderOf(t);
    const atS = now() - 60;
    const { facts, journal } = await follow(t, folder);
    write(folder, ...journalCall(1, atS).slice(0, 1), ...journalCall(2, atS).slice(0, 1));
    await waitFor(() => facts.length === 2, Boolean, 5_000);
    const startedAtMs = (atS + 10) * 1_000;
    journal.notice(ari({ kind: 'pbx-connected', asteriskVersion: '22', startedAtMs }, Date.now()));
    journal.notice(ari({ kind: 'resynced', liveUniqueIds: [`${atS}.2`] }, Date.now()));
    await waitFor(() => facts.length === 3, Boolean, 5_000);
    t.match(facts[2], { kind: 'leg-vanished', uniqueId: `${atS}.1`, becauseRestarted: true });
  },
);

t.test(
  'While the PBX is read live the journal tells only ends; what a dead link may have missed is told once it is found out',
  async (t) => {
    const told: string[] = [];
    const filter = createGapFilter((fact) => void told.push(`${fact.kind} ${fact.atMs}`));
    const hold = (atMs: number) => ari({ kind: 'leg-hold', uniqueId: '1.1', held: true }, atMs);
    filter.take(hold(1_000));
    filter.notice(ari({ kind: 'resynced', liveUniqueIds: [] }, 10_000));
    filter.take(hold(9_000));
    filter.take(hold(11_999));
    t.same(
      told.splice(0),
      ['leg-hold 1000', 'leg-hold 9000', 'leg-hold 11999'],
      'up to the resync, and a little later',
    );
    filter.take(hold(12_001));
    filter.take(hold(60_000));
    t.same(told, []);
    filter.notice(ari({ kind: 'pbx-lost', why: 'disconnected', detail: '' }, 60_500));
    t.same(told.splice(0), ['leg-hold 60000']);
    filter.notice(ari({ kind: 'pbx-lost', why: 'disconnected', detail: 'again' }, 61_000));
    filter.take(hold(61_500));
    t.same(told.splice(0), ['leg-hold 61500']);
    filter.notice(ari({ kind: 'resynced', liveUniqueIds: [] }, 70_000));
    for (let i = 0; i <= 3 * keptFactsMax; i++) filter.take(hold(80_000 + (i % deafMaxMs)));
    filter.notice(ari({ kind: 'pbx-lost', why: 'disconnected', detail: '' }, 80_000 + deafMaxMs));
    t.ok(told.length <= 2 * keptFactsMax && told.length >= keptFactsMax / 2, `${told.length} were kept`);
  },
);

t.test(
  'A PBX whose clock is an hour ahead has true times, by its journal alone, and at once at the next start',
  async (t) => {
    const folder = folderOf(t);
    const { facts, journal } = await follow(t, folder);
    for (let i = 0; i < 3; i++) {
      write(folder, ...journalCall(i, now() + 3_600));
      await waitFor(() => facts.filter(({ kind }) => kind === 'leg-ended').length === i + 1, Boolean, 5_000);
    }
    const last = facts.at(-1)!;
    t.ok(Math.abs(last.atMs - Date.now()) < 5_000, `${last.atMs - Date.now()} ms from now`);
    await journal.stop();
    write(folder, ...journalCall(7, now() + 3_600));
    const next = await follow(t, folder);
    const [first] = next.facts;
    t.ok(
      Math.abs(first!.atMs - Date.now()) < 5_000,
      'what was written meanwhile is told by the clock that was kept',
    );
  },
);

t.test(
  'Every time of a fact is told by our clock, and none where clocks agree within two seconds',
  async (t) => {
    const clock = createOurClock();
    const fact = ari({ kind: 'pbx-connected', asteriskVersion: '22', startedAtMs: 9_000_000 }, 10_000_000);
    clock.learn(2_000);
    t.equal(clock.translate(fact), fact);
    clock.learn(-3_600_000);
    t.match(clock.translate(fact), { atMs: 13_600_000, startedAtMs: 12_600_000 });
    clock.learn(-3_601_000);
    t.equal(clock.aheadMs, -3_600_000, 'a second more or less is followed by no record');
    clock.learn(500);
    t.equal(clock.aheadMs, 0);
  },
);

t.test(
  'A journal of 200,000 lines is read in bounded memory, only as fast as its facts are taken',
  async (t) => {
    const folder = folderOf(t);
    const first = await follow(t, folder);
    write(folder, ...journalCall(0));
    await waitFor(() => first.ended().length === 1, Boolean, 5_000);
    await first.journal.stop();
    const calls = 50_000;
    for (let part = 0; part < 1; part++)
      append(folder, Array.from({ length: calls }, (_, i) => journalCall(1 + part * calls + i)).flat());
    let taken = 0;
    let isRoom = false;
    let most = 0;
    const journal = createCelJournal({
      name: 'main',
      source: createFileSource(join(folder, 'journal.csv')),
      kept: createKeptPosition(folder, 'main'),
      needs: { synced: async () => {}, hasRoom: () => isRoom },
      clock: systemClock,
      log: quietLog,
    });
    t.teardown(() => journal.stop());
    const before = process.memoryUsage().rss;
    const started = journal.start((fact) => {
      if (fact.kind === 'leg-ended') taken += 1;
      if (taken % 10_000 === 0) most = Math.max(most, process.memoryUsage().rss - before);
    });
    await waitFor(() => taken > 0, Boolean, 10_000);
    t.ok(taken < 2_000, `without room one part is read, ${taken} calls, and no more`);
    isRoom = true;
    await started;
    await waitFor(
      () => taken,
      (count) => count >= calls,
      60_000,
    );
    t.ok(most < 150_000_000, `${Math.round(most / 1e6)} MB more than before`);
  },
);

t.test('Legs without an end and places to begin again are kept up to a bound', async (t) => {
  const facts = createCelFacts();
  const row = {
    linkedId: '',
    callerNumber: '',
    callerName: '',
    exten: '',
    context: '',
    app: '',
    appData: '',
    extra: '',
  };
  for (let i = 0; i <= legsKnownMax; i++)
    facts.take({ ...row, event: 'CHAN_START', atMs: 1_000 + i, uniqueId: `1.${i}`, channel: `PJSIP/a-${i}` });
  t.equal(facts.lost(new Set(), Number.POSITIVE_INFINITY).length, legsKnownMax);
  const points = createCheckpoints(0);
  for (let i = 1; i <= 3 * checkpointsMax; i++) points.passed(i, i * 10);
  const place = points.before(checkpointsMax * 10);
  t.ok(place < checkpointsMax && place > checkpointsMax / 2, `${place} is a little before it`);
  t.equal(points.before(0), place, 'never earlier than before');
  t.equal(points.before(Number.POSITIVE_INFINITY), 3 * checkpointsMax);
});
