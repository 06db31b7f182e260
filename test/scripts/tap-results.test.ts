import t from 'tap';
import { readTap } from '../../scripts/setup/tap-results.ts';

const output = `TAP version 14
1..4
# Subtest: test/a.test.ts
    # Subtest: one
        ok 1 - inner
        not ok 2 - an inner line counts with its test
    ok 1 - one # time=1ms
    not ok 2 - two # time=2ms
      ---
      at: x
      ...
    ok 3 - three # SKIP
    ok 4 - four # TODO
not ok 1 - test/a.test.ts # time=3ms
# Subtest: test/b.test.ts
    ok 1 - only # time=1ms
ok 2 - test/b.test.ts # time=1ms
# Subtest: test/c.test.ts
ok 3 - test/c.test.ts # time=1ms
# Subtest: test/d.test.ts
    ok 1 - fine
not ok 4 - test/d.test.ts # time=1ms
`;

t.test('tests are counted file by file; skipped ones and files that break count as failed', async (t) => {
  t.same(readTap(output), [
    { file: 'test/a.test.ts', passed: 1, failures: ['two', 'three # SKIP', 'four # TODO'] },
    { file: 'test/b.test.ts', passed: 1, failures: [] },
    { file: 'test/c.test.ts', passed: 1, failures: [] },
    { file: 'test/d.test.ts', passed: 1, failures: ['the file failed outside its tests'] },
  ]);
});
