/** The ways in which what a supervisor may do is taken from him, each as somebody else does it over HTTP, and given back. */
import type { Permission } from '../../src/contract/permissions.ts';
import { withholdable } from '../../src/contract/permissions.ts';
import { defaultPolicy } from '../../src/contract/policy.ts';

/** Sends a writing request as one who may administer and set the policy. Throws unless it is answered 2xx. */
export type Order = (method: string, path: string, body?: unknown) => Promise<unknown>;

export interface Way {
  name: string;
  /** His own requests are refused from then on as of one who is signed out. */
  signsOut: boolean;
  take(order: Order, personId: string): Promise<unknown>;
  giveBack(order: Order, personId: string): Promise<unknown>;
}

const patch =
  (body: object) =>
  (order: Order, personId: string): Promise<unknown> =>
    order('PATCH', `/people/${personId}`, body);
const withhold = (permissions: readonly Permission[]) => (order: Order) =>
  order('PUT', '/policy', {
    ...defaultPolicy,
    withheld: permissions.map((permission) => ({ role: 'supervisor', teamId: null, permission })),
  });

export const takingWays: readonly Way[] = [
  {
    name: 'the policy withholds his rights',
    signsOut: false,
    take: withhold(withholdable),
    giveBack: withhold([]),
  },
  {
    name: 'another role is given to him',
    signsOut: false,
    take: patch({ roles: ['agent'] }),
    giveBack: patch({ roles: ['supervisor'] }),
  },
  {
    name: 'his team is taken from him',
    signsOut: false,
    take: patch({ teams: ['South'] }),
    giveBack: patch({ teams: ['North'] }),
  },
  {
    name: 'his account is disabled',
    signsOut: true,
    take: patch({ disabled: true }),
    giveBack: patch({ disabled: false }),
  },
  {
    name: 'he is signed out everywhere',
    signsOut: true,
    take: (order, personId) => order('DELETE', `/people/${personId}/sessions`),
    giveBack: async () => {},
  },
];
