import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { SessionView } from '@nigehban/domain/api/http-types.ts';
import { actionsUnder, type ListeningPolicy } from '@nigehban/domain/live-sound.ts';
import type { Sql } from '../../store/database.ts';
import { readListeningPolicy } from '../../store/listening-store.ts';
import type { SessionRow } from '../../store/user-store.ts';
import { signIn, signOut } from '../../use-cases/sign-in.ts';
import { sessionCookie, signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
import { answers, SessionViewSchema, SignInBodySchema } from '../schemas.ts';

export function addSessionRoutes(
  app: App,
  options: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly cookieSecure: boolean;
    readonly sessionForMs: number;
    /** The token's session is over: its WebSockets close. */
    readonly onSignedOut: (token: string) => void;
  },
): void {
  const { sql, clock } = options;
  const cookie = {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: options.cookieSecure,
  } as const;

  app.post(
    '/api/session',
    {
      // Each attempt costs a password hash, whatever its user name.
      config: { access: 'public', rateLimit: { max: 120, timeWindow: 60_000 } },
      schema: {
        summary: 'Sign in; sets the session cookie',
        body: SignInBodySchema,
        response: answers(SessionViewSchema),
      },
    },
    async (request, reply) => {
      const { token, session } = await signIn(
        sql,
        { ...request.body, address: request.ip },
        clock.nowMs(),
        options.sessionForMs,
      );
      const maxAge = Math.floor(options.sessionForMs / 1000);
      reply.setCookie(sessionCookie, token, { ...cookie, maxAge });
      return toSessionView(session, await readListeningPolicy(sql));
    },
  );

  app.get(
    '/api/session',
    {
      config: { access: 'signed-in' },
      schema: {
        summary: 'Who is signed in',
        response: answers(SessionViewSchema),
      },
    },
    async (request) => toSessionView(signedIn(request), await readListeningPolicy(sql)),
  );

  app.delete(
    '/api/session',
    { config: { access: 'public' }, schema: { summary: 'Sign out', response: answers(null) } },
    async (request, reply) => {
      const token = request.cookies[sessionCookie];
      if (token !== undefined) {
        await signOut(sql, token);
        options.onSignedOut(token);
      }
      return reply.clearCookie(sessionCookie, cookie).status(204).send();
    },
  );
}

/** A session as the console sees it. */
export function toSessionView(session: SessionRow, policy: ListeningPolicy): SessionView {
  const { username, displayName, role, expiresAtMs, mustChangePassword } = session;
  const actions = mustChangePassword ? [] : actionsUnder(role, policy);
  return { username, displayName, role, actions, expiresAtMs, mustChangePassword };
}
