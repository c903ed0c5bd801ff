import '@fastify/cookie';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { type Action, can } from '@nigehban/domain/permissions.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Sql } from '../store/database.ts';
import type { SessionRow } from '../store/user-store.ts';
import { readSession } from '../use-cases/sign-in.ts';

/** Who may use a route: everybody, whoever is signed in, or roles that may do the action. */
export type Access = 'public' | 'signed-in' | Action;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    session: SessionRow | null;
  }
}

export const sessionCookie = 'nigehban_session';

export interface DeclaredRoute {
  readonly method: string;
  readonly url: string;
  readonly access: Access;
}

/**
 * Guards every route of the app: one that declares no access cannot be added. Returns the routes as
 * they are declared.
 */
export function guardRoutes(
  app: FastifyInstance,
  options: { readonly sql: Sql; readonly clock: Clock; readonly allowedOrigins: readonly string[] },
): readonly DeclaredRoute[] {
  const declared: DeclaredRoute[] = [];
  app.addHook('onRoute', (route) => {
    const access = route.config?.access;
    if (access === undefined) {
      throw new Error(`Route ${String(route.method)} ${route.url} declares no access`);
    }
    for (const method of [route.method].flat()) declared.push({ method, url: route.url, access });
  });
  app.decorateRequest('session', null);
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access;
    const changes = !['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    if (changes && !originAllowed(request.headers, options.allowedOrigins)) {
      throw new Fault('ORIGIN_REFUSED', 'This request comes from another site');
    }
    // An unknown address has no route: it ends in NOT_FOUND, which needs no session.
    if (access === undefined || access === 'public') return;
    request.session = await readSession(
      options.sql,
      request.cookies[sessionCookie],
      options.clock.nowMs(),
    );
    if (request.session === null) throw new Fault('SIGN_IN_REQUIRED', 'Nobody is signed in');
    if (request.session.mustChangePassword && access !== 'signed-in') {
      throw new Fault('PASSWORD_CHANGE_REQUIRED', 'A one-time password has to be changed first');
    }
    if (access !== 'signed-in' && !can(request.session.role, access)) {
      throw new Fault(
        'PERMISSION_DENIED',
        `The role ${request.session.role} may not do ${access}`,
        {
          details: { action: access },
        },
      );
    }
  });
  return declared;
}

/** The session of a guarded route. @throws Fault SIGN_IN_REQUIRED */
export function signedIn(request: FastifyRequest): SessionRow {
  if (request.session === null) throw new Fault('SIGN_IN_REQUIRED', 'Nobody is signed in');
  return request.session;
}

/**
 * True when the page that sends the request is our own. Browsers name their page's origin in every
 * request that changes something and in every WebSocket upgrade (Fetch, RFC 6455 section 4.1);
 * without one it is a program, which holds no cookie that it was not given.
 */
export function originAllowed(
  headers: { readonly origin?: string | undefined; readonly host?: string | undefined },
  allowedOrigins: readonly string[],
): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (allowedOrigins.includes(origin)) return true;
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host;
}
