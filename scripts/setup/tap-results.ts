/** What became of the tests of one file. A failure is the name of the test. */
export interface FileResult {
  file: string;
  passed: number;
  failures: string[];
}

/**
 * Counts a run's tests, file by file, from tap's TAP: the subtests right below each file, or the file itself when it has
 * none. A test that was skipped or is still to be written counts as failed.
 */
export function readTap(output: string): FileResult[] {
  const results: FileResult[] = [];
  let open: FileResult | null = null;
  for (const line of output.split('\n')) {
    const begun = /^# Subtest: (test\/\S+)/.exec(line);
    if (begun) open = { file: begun[1]!, passed: 0, failures: [] };
    const point = /^( {4})?(ok|not ok) \d+ - (.*)$/.exec(line);
    if (!point || !open) continue;
    const [, isInner, verdict, text] = point as unknown as [string, string | undefined, string, string];
    const name = text.replace(/ # time=.*$/, '').replace(/ \{$/, '');
    const good = verdict === 'ok' && !/# (SKIP|TODO)/i.test(text);
    if (isInner) {
      if (good) open.passed += 1;
      else open.failures.push(name);
      continue;
    }
    if (!name.startsWith(open.file)) continue;
    if (open.passed + open.failures.length === 0 && good) open.passed = 1;
    if (!good && open.failures.length === 0) open.failures.push('the file failed outside its tests');
    results.push(open);
    open = null;
  }
  return results;
}
