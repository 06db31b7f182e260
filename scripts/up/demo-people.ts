import { join } from 'node:path';
import { keptSignIn, type SignIn } from './first-sign-in.ts';

const teams: Record<string, string[]> = {
  Ventes: ['1001', '1002', '1003', '1010'],
  Support: ['1004', '1005', '1006', '1007', '1008', '1009', '1011', '1012'],
};
/** The PBX's names of the demo's queues, with the names people give them. */
export const queues: Record<string, string> = {
  sales: 'Ventes',
  support: 'Service client',
  billing: 'Facturation',
};

/** Makes the demo's agents, teams and queues through the API, as an administrator would. Those already there stay. */
export async function seedDemoPeople(
  address: string,
  signIn: SignIn,
  nameOf: (number: string) => string,
): Promise<void> {
  const cookie = await openSession(address, signIn);
  const send = async (method: string, path: string, body: unknown): Promise<void> => {
    const reply = await fetch(address + path, {
      method,
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    if (!reply.ok && reply.status !== 409)
      throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
  };
  for (const [team, numbers] of Object.entries(teams)) {
    for (const number of numbers) {
      await send('POST', '/api/agents', { name: nameOf(number), endpoint: `PJSIP/${number}`, teams: [team] });
    }
  }
  for (const [id, name] of Object.entries(queues)) await send('PUT', `/api/queues/${id}`, { name });
  await fetch(`${address}/api/session`, { method: 'DELETE', headers: { cookie } });
}

/** One of the demo's agents may sign in on the agent page; made once, and told again at the next start. */
export async function ensureAgentSignIn(
  dataDir: string,
  address: string,
  signIn: SignIn,
  agentName: string,
): Promise<SignIn> {
  const kept = keptSignIn(join(dataDir, 'agent-sign-in.json'), 'alice');
  if (!kept.isNew) return kept.signIn;
  const cookie = await openSession(address, signIn);
  const found = await fetch(`${address}/api/agents?q=${encodeURIComponent(agentName)}`, {
    headers: { cookie },
  });
  const [agent] = ((await found.json()) as { items: { id: string }[] }).items;
  if (!agent) throw new Error(`The demo has no agent ${agentName}`);
  const reply = await fetch(`${address}/api/people/${agent.id}`, {
    method: 'PATCH',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify(kept.signIn),
    signal: AbortSignal.timeout(10_000),
  });
  if (!reply.ok) throw new Error(`The demo’s agent gets no sign-in: ${reply.status} ${await reply.text()}`);
  kept.keep();
  return kept.signIn;
}

async function openSession(address: string, signIn: SignIn): Promise<string> {
  const reply = await fetch(`${address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(signIn),
  });
  if (!reply.ok) throw new Error(`Signing in for the demo: ${reply.status} ${await reply.text()}`);
  return reply.headers.getSetCookie()[0]!.split(';')[0]!;
}
