import '@fastify/cookie';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import { Type } from 'typebox';
import type { Sql } from '../../store/database.ts';
import { readListeningPolicy } from '../../store/listening-store.ts';
import {
  changeOwnPassword,
  changeUser,
  createUser,
  listUsers,
  resetPassword,
  signOutEverywhere,
} from '../../use-cases/manage-users.ts';
import { sessionCookie, signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
import { personOf } from '../person-of.ts';
import { answers, SessionViewSchema } from '../schemas.ts';
import {
  NewPasswordSchema,
  OwnPasswordBodySchema,
  UserBodySchema,
  UserChangeSchema,
  UserParamsSchema,
  UserViewSchema,
} from '../user-schemas.ts';
import { toSessionView } from './session-routes.ts';

/** People, their roles and passwords. */
export function addUserRoutes(
  app: App,
  ports: {
    readonly sql: Sql;
    readonly clock: Clock;
    /** Sessions of somebody ended: open consoles find out at once. */
    readonly onSessionsEnded: (username: string) => void;
  },
): void {
  const { sql, clock } = ports;
  const config = { access: 'user.manage' } as const;
  // Each costs a password hash.
  const hashing = { ...config, rateLimit: { max: 60, timeWindow: 60_000 } } as const;

  app.get(
    '/api/users',
    { config, schema: { response: answers(Type.Array(UserViewSchema)) } },
    async () => [...(await listUsers(sql, clock.nowMs()))],
  );
  app.post(
    '/api/users',
    { config: hashing, schema: { body: UserBodySchema, response: answers(NewPasswordSchema) } },
    async (request) => await createUser(sql, request.body, personOf(request), clock.nowMs()),
  );
  app.patch(
    '/api/users/:username',
    {
      config,
      schema: {
        params: UserParamsSchema,
        body: UserChangeSchema,
        response: answers(UserViewSchema),
      },
    },
    async (request) => {
      const { username } = request.params;
      const user = await changeUser(sql, username, request.body, personOf(request), clock.nowMs());
      ports.onSessionsEnded(username);
      return user;
    },
  );
  app.post(
    '/api/users/:username/password',
    {
      config: hashing,
      schema: {
        summary: 'A one-time password; ends all sessions of the user',
        params: UserParamsSchema,
        response: answers(NewPasswordSchema),
      },
    },
    async (request) => {
      const { username } = request.params;
      const fresh = await resetPassword(sql, username, personOf(request), clock.nowMs());
      ports.onSessionsEnded(username);
      return fresh;
    },
  );
  app.delete(
    '/api/users/:username/sessions',
    { config, schema: { params: UserParamsSchema, response: answers(UserViewSchema) } },
    async (request) => {
      const { username } = request.params;
      const user = await signOutEverywhere(sql, username, personOf(request), clock.nowMs());
      ports.onSessionsEnded(username);
      return user;
    },
  );
  app.put(
    '/api/session/password',
    {
      config: { access: 'signed-in', rateLimit: { max: 60, timeWindow: 60_000 } },
      schema: {
        summary: 'A new password of one’s own; ends one’s other sessions',
        body: OwnPasswordBodySchema,
        response: answers(SessionViewSchema),
      },
    },
    async (request) => {
      const session = signedIn(request);
      const token = request.cookies[sessionCookie] ?? '';
      await changeOwnPassword(sql, { ...request.body, token }, personOf(request), clock.nowMs());
      ports.onSessionsEnded(session.username);
      const policy = await readListeningPolicy(sql);
      return toSessionView({ ...session, mustChangePassword: false }, policy);
    },
  );
}
