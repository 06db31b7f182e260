import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Checkpoint, checkpointText, type SignedCheckpoint } from '../../ports/audit-chain.ts';

/** This server's key; it is made at the first start and stays in DATA_DIR. */
export interface SigningKey {
  publicKey: string;
  sign(checkpoint: Checkpoint): SignedCheckpoint;
}

/** Reads the key of `path`, or makes it. Throws what the file system says. */
export function openSigningKey(path: string): SigningKey {
  const key = read(path) ?? make(path);
  const publicKey = publicOf(key);
  return {
    publicKey,
    sign: (checkpoint) => ({
      ...checkpoint,
      publicKey,
      signature: sign(null, Buffer.from(checkpointText(checkpoint)), key).toString('base64url'),
    }),
  };
}

/** The public half of the key in `path`; '' when there is none. */
export function publicKeyOf(path: string): string {
  const key = read(path);
  return key ? publicOf(key) : '';
}

const publicOf = (key: KeyObject): string =>
  createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64url');

function read(path: string): KeyObject | null {
  try {
    return createPrivateKey(readFileSync(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Whole or not at all, and the first of two who make it at once wins. */
function make(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  const draft = `${path}.${process.pid}.${performance.now()}`;
  writeFileSync(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flush: true });
  try {
    linkSync(draft, path);
    return privateKey;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return read(path)!;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
