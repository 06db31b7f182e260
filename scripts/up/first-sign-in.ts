import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runVigie } from './server.ts';

export interface SignIn {
  login: string;
  password: string;
}

/**
 * The first sign-in: made once, at random, admin and manager with a demo phone; kept beside the demo's data, readable by
 * its owner only, so that a second start can print it again.
 */
export async function ensureFirstSignIn(dataDir: string, env: NodeJS.ProcessEnv): Promise<SignIn> {
  const { signIn, isNew, keep } = keptSignIn(join(dataDir, 'first-sign-in.json'), 'demo');
  if (!isNew) return signIn;
  const who = ['--login', signIn.login, '--name', 'Sophie Bernard', '--role', 'admin', '--role', 'manager'];
  await runVigie(['user', 'add', ...who, '--endpoint', 'PJSIP/1901'], env, `${signIn.password}\n`);
  keep();
  return signIn;
}

/** The sign-in kept in the file, or a new one with a random password, which `keep` writes there once it works. */
export function keptSignIn(file: string, login: string): { signIn: SignIn; isNew: boolean; keep(): void } {
  if (existsSync(file))
    return { signIn: JSON.parse(readFileSync(file, 'utf8')) as SignIn, isNew: false, keep() {} };
  const signIn = { login, password: randomBytes(9).toString('base64url') };
  return { signIn, isNew: true, keep: () => writeFileSync(file, JSON.stringify(signIn), { mode: 0o600 }) };
}
