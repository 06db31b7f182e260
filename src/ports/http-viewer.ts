import type { FastifyRequest } from 'fastify';
import { AppError } from '../contract/errors.ts';
import type { Permission } from '../contract/permissions.ts';
import type { Viewer } from './viewer.ts';

/**
 * Who may call a route; every route says it in `config.access`, the server does not start otherwise. `token`: a program
 * that presents one of the settings, which the route itself compares.
 */
export type Access = 'public' | 'signed-in' | 'token' | Permission;

/** What one registered route says of who may call it. */
export interface AccessRule {
  method: string;
  url: string;
  access: Access | null;
}

/**
 * What a request is about, so that it is answered by the server that holds it: an agent's calls (`:id`, or `agentId` in the
 * body), a supervision, a call, an agent's shared screen, a viewing of one.
 */
export type About = 'agent' | 'supervision' | 'call' | 'screen' | 'viewing';

/** Which server answers for something: this one, the one at that address (`http://10.0.0.5:8080`), or for the moment nobody. */
export interface RequestHomes {
  homeOf(about: About, id: string): 'here' | 'nobody' | (string & {});
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Of every route that is registered, the pages' own too. */
    accessRules(): AccessRule[];
  }
  interface FastifyRequest {
    /** The signed-in person; null on public routes. */
    viewer: Viewer | null;
  }
  interface FastifyContextConfig {
    access?: Access;
    /** Absent: any server answers. */
    about?: About;
  }
}

/** The signed-in person of a route that is not public. Throws `not-signed-in`. */
export function requireViewer(request: FastifyRequest): Viewer {
  if (!request.viewer) throw new AppError('not-signed-in');
  return request.viewer;
}

/** Who a cookie belongs to. */
export interface Sessions {
  /** Reads the `Cookie` header; null when there is no session, or it has expired or was revoked. */
  viewerOfCookie(cookieHeader: string | undefined): Promise<Viewer | null>;
}
