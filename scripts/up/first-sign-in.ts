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
  const file = join(dataDir, 'first-sign-in.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as SignIn;
  const signIn = { login: 'demo', password: randomBytes(9).toString('base64url') };
  const who = ['--login', signIn.login, '--name', 'Sophie Bernard', '--role', 'admin', '--role', 'manager'];
  await runVigie(['user', 'add', ...who, '--endpoint', 'PJSIP/1901'], env, `${signIn.password}\n`);
  writeFileSync(file, JSON.stringify(signIn), { mode: 0o600 });
  return signIn;
}
