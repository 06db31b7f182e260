import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Says one line of progress to whoever started the lab. */
export type Progress = (line: string) => void;

export const sayOnStderr: Progress = (line) => {
  process.stderr.write(`lab: ${line}\n`);
};

const searchPath = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/** The environment for programs we start: sbin is on the path even for users who do not have it. */
export const toolEnv = { ...process.env, PATH: searchPath, DEBIAN_FRONTEND: 'noninteractive' };

export function findTool(name: string): string | undefined {
  return searchPath
    .split(':')
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

interface RunOptions {
  timeoutMs?: number;
  /** Called with every line the program prints. */
  onLine?: (line: string) => void;
}

/**
 * Runs a program to its end and gives what it printed.
 * Fails with its last lines when it exits with anything but 0 or is still running after `timeoutMs`.
 */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(command, args, {
    env: toolEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 30_000,
    killSignal: 'SIGKILL',
  });
  let output = '';
  let errors = '';
  const lineReader = lines((line) => options.onLine?.(line));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    lineReader(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
    lineReader(text);
  });
  child.once('error', reject);
  child.once('close', (code, signal) => {
    if (code === 0) return resolve(output);
    const last = `${output.slice(-1000)}\n${errors}`.trim().split('\n').slice(-12).join('\n');
    reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}:\n${last}`));
  });
  return promise;
}

/** Cuts a stream of text into lines. */
export function lines(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) onLine(part);
  };
}

/** Waits until `check` gives something other than undefined or false; fails after `limitMs` naming `what`. */
export async function waitFor<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  limitMs = 10_000,
  everyMs = 20,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
