/**
 * Loaded into a server under measurement (`--import`): on SIGUSR2 it writes what only the process itself can see to
 * BENCH_REPORT, and begins a new stretch. Event-loop delay is watched from the first time on, at a resolution of 1 ms: that
 * takes some 7 % of a core itself.
 */
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface InsideReport {
  heapUsedBytes: number;
  loopDelayMs: { p50: number; p99: number; max: number };
}

const report = process.env['BENCH_REPORT'];
const delay = monitorEventLoopDelay({ resolution: 1 });
process.on('SIGUSR2', () => {
  const ms = (nanoseconds: number): number => Number((nanoseconds / 1e6).toFixed(2));
  const loopDelayMs = { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) };
  (globalThis as { gc?: () => void }).gc?.();
  const inside: InsideReport = { heapUsedBytes: process.memoryUsage().heapUsed, loopDelayMs };
  if (report) writeFileSync(report, JSON.stringify(inside));
  // The collection itself is no delay of the next stretch.
  setTimeout(() => {
    delay.enable();
    delay.reset();
  }, 20);
});
