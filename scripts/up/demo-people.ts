import type { SignIn } from './first-sign-in.ts';

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

async function openSession(address: string, signIn: SignIn): Promise<string> {
  const reply = await fetch(`${address}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(signIn),
  });
  if (!reply.ok) throw new Error(`Signing in for the demo: ${reply.status} ${await reply.text()}`);
  return reply.headers.getSetCookie()[0]!.split(';')[0]!;
}
