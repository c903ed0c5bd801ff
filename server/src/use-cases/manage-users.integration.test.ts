import type { AuditChain, AuditPage } from '@nigehban/domain/api/audit-types.ts';
import type { SessionView } from '@nigehban/domain/api/http-types.ts';
import type { NewPassword, UserView } from '@nigehban/domain/api/user-types.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openBrowser } from '../testing/fake-nodes.ts';
import {
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
  testClusterKey,
} from '../testing/test-services.ts';
import { verifyAudit } from './read-audit.ts';

let services: TestServices;
let server: TestServer;

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  server = await startTestServer(services);
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await services?.stop();
});

interface Answer<T> {
  readonly status: number;
  readonly code: string | undefined;
  readonly body: T;
  readonly cookie: string;
}

async function ask<T>(
  cookie: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer<T>> {
  const answer = await fetch(`${server.url}${path}`, {
    method,
    headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const json = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
  return {
    status: answer.status,
    code: (json as { error?: { code: string } }).error?.code,
    body: json as T,
    cookie: answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '',
  };
}

const signIn = (username: string, password: string) =>
  ask<SessionView>('', 'POST', '/api/session', { username, password });

test('somebody who is added gets a one-time password, and may only change it', async () => {
  const admin = await server.signIn('administrator');
  const bina = { username: 'bina.akhtar', displayName: 'Bina Akhtar', role: 'operator' };
  const added = await ask<NewPassword>(admin, 'POST', '/api/users', bina);
  expect(added.body.user).toMatchObject({ username: 'bina.akhtar', mustChangePassword: true });
  expect((await ask(admin, 'POST', '/api/users', bina)).code).toBe('USER_EXISTS');
  const { password } = added.body;
  expect(password).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);

  const first = await signIn('bina.akhtar', password);
  expect(first.body).toMatchObject({ mustChangePassword: true, actions: [] });
  expect((await ask(first.cookie, 'GET', '/api/stations')).code).toBe('PASSWORD_CHANGE_REQUIRED');
  const refused = await new Promise<string>((resolve) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/ws`, {
      headers: { cookie: first.cookie },
    });
    socket.on('error', (error) => resolve(error.message));
    socket.on('open', () => resolve('open'));
  });
  expect(refused).toContain('403');

  const other = await signIn('bina.akhtar', password);
  const change = (given: string, newPassword: string) =>
    ask<SessionView>(first.cookie, 'PUT', '/api/session/password', {
      password: given,
      newPassword,
    });
  expect((await change('wrong', 'a long enough secret')).code).toBe('PASSWORD_REFUSED');
  expect((await change(password, 'short')).code).toBe('PASSWORD_WEAK');
  expect((await change(password, 'aaaaaaaaaaaaaaaa')).code).toBe('PASSWORD_WEAK');
  expect((await change(password, 'I am Bina.Akhtar here')).code).toBe('PASSWORD_WEAK');
  expect((await change(password, password)).code).toBe('PASSWORD_WEAK');
  const changed = await change(password, 'a long enough secret');
  expect(changed.body).toMatchObject({ mustChangePassword: false });
  expect(changed.body.actions).toContain('status.read');
  expect((await ask(first.cookie, 'GET', '/api/stations')).status).toBe(200);
  expect((await ask(other.cookie, 'GET', '/api/session')).status).toBe(401);
  expect((await signIn('bina.akhtar', password)).code).toBe('SIGN_IN_REFUSED');
  expect((await signIn('bina.akhtar', 'a long enough secret')).status).toBe(200);
});

test('a one-time password expires; wrong present passwords are throttled', async () => {
  const admin = await server.signIn('administrator');
  await ask(admin, 'POST', '/api/users', {
    username: 'late',
    displayName: 'Late',
    role: 'operator',
  });
  const reset = await ask<NewPassword>(admin, 'POST', '/api/users/late/password');
  const session = await signIn('late', reset.body.password);
  for (let count = 0; count < 5; count++) {
    const body = { password: 'wrong', newPassword: 'a long enough secret' };
    const { code } = await ask(session.cookie, 'PUT', '/api/session/password', body);
    expect(code).toBe('PASSWORD_REFUSED');
  }
  const body = { password: reset.body.password, newPassword: 'a long enough secret' };
  const { code } = await ask(session.cookie, 'PUT', '/api/session/password', body);
  expect(code).toBe('SIGN_IN_THROTTLED');
  await server.sql`delete from sign_in_failure`;
  await server.sql`update app_user set password_expires_at = now() where username = 'late'`;
  expect((await signIn('late', reset.body.password)).code).toBe('PASSWORD_EXPIRED');
});

test('another role or being disabled ends sessions and sockets; names stay taken', async () => {
  const admin = await server.signIn('administrator');
  const { body } = await ask<NewPassword>(admin, 'POST', '/api/users', {
    username: 'cyra',
    displayName: 'Cyra',
    role: 'supervisor',
  });
  const temporary = await signIn('cyra', body.password);
  await ask(temporary.cookie, 'PUT', '/api/session/password', {
    password: body.password,
    newPassword: 'a long enough secret',
  });
  const closing = async (act: () => Promise<unknown>) => {
    const { cookie } = await signIn('cyra', 'a long enough secret');
    const browser = await openBrowser(server.url, cookie);
    const closed = new Promise<number>((resolve) => browser.socket.once('close', resolve));
    await act();
    expect(await closed).toBe(4401);
    expect((await ask(cookie, 'GET', '/api/session')).status).toBe(401);
  };
  await closing(() => ask(admin, 'PATCH', '/api/users/cyra', { role: 'technician' }));
  await closing(() => ask(admin, 'DELETE', '/api/users/cyra/sessions'));
  await closing(() => ask(admin, 'PATCH', '/api/users/cyra', { disabled: true }));
  expect((await signIn('cyra', 'a long enough secret')).code).toBe('SIGN_IN_REFUSED');
  const enabled = await ask<UserView>(admin, 'PATCH', '/api/users/cyra', { disabled: false });
  expect(enabled.body).toMatchObject({ disabledAtMs: null, role: 'technician', sessions: 0 });
  expect((await ask(admin, 'PATCH', '/api/users/nobody', { disabled: true })).code).toBe(
    'USER_UNKNOWN',
  );
});

test('the last administrator can neither be disabled nor made something else', async () => {
  const admin = await server.signIn('administrator');
  for (const change of [{ disabled: true }, { role: 'operator' }]) {
    const { code } = await ask(admin, 'PATCH', '/api/users/administrator', change);
    expect(code).toBe('LAST_ADMINISTRATOR');
  }
  await ask(admin, 'POST', '/api/users', {
    username: 'second',
    displayName: 'Second',
    role: 'administrator',
  });
  // Two who disable each other at once: one stays.
  const both = await Promise.all(
    ['administrator', 'second'].map((name) =>
      ask<UserView>(admin, 'PATCH', `/api/users/${name}`, { role: 'operator' }),
    ),
  );
  const [{ left } = { left: 0 }] = await server.sql<{ left: number }[]>`
    select count(*) as left from app_user where role = 'administrator' and disabled_at is null`;
  expect(left).toBe(1);
  expect(both.filter((one) => one.status === 200)).toHaveLength(1);
  await server.sql`update app_user set role = 'administrator' where username = 'administrator'`;
});

test('all of it stands in the audit trail, which is filtered and paged', async () => {
  const supervisor = await server.signIn('supervisor');
  const read = async (query: string) =>
    (await ask<AuditPage>(supervisor, 'GET', `/api/audit?${query}`)).body;
  const users = await read('action=user.&limit=500');
  expect(users.rows.every((row) => row.action.startsWith('user.'))).toBe(true);
  expect(new Set(users.rows.map((row) => row.action))).toEqual(
    new Set([
      'user.add',
      'user.change',
      'user.change-password',
      'user.disable',
      'user.enable',
      'user.end-sessions',
      'user.reset-password',
    ]),
  );
  expect(JSON.stringify(users)).not.toContain('secret');
  const pages: number[] = [];
  for (let before = ''; ; ) {
    const page = await read(`action=user.&limit=5${before}`);
    pages.push(...page.rows.map((row) => row.id));
    if (page.nextBefore === null) break;
    before = `&before=${page.nextBefore}`;
  }
  expect(pages).toEqual(users.rows.map((row) => row.id));
  expect((await read('subject=cyra&actor=cyra')).rows.map((row) => row.action)).toContain(
    'user.change-password',
  );
  expect((await read('subject=%25')).rows).toEqual([]);
  const csv = await ask<string>(supervisor, 'GET', '/api/audit.csv?action=user.add');
  expect(csv.body).toMatch(/^\uFEFF?id,time,actor/);
  expect((await ask(await server.signIn('operator'), 'GET', '/api/audit')).status).toBe(403);
});

test('the audit trail is only added to, and what was done past that shows', async () => {
  const { sql } = server;
  for (const table of ['audit_log', 'audit_link']) {
    await expect(sql.unsafe(`delete from ${table}`)).rejects.toThrow(/only added to/);
    await expect(sql.unsafe(`truncate ${table} cascade`)).rejects.toThrow(/only added to/);
  }
  await expect(sql`update audit_log set actor = 'x'`).rejects.toThrow(/only added to/);
  const supervisor = await server.signIn('supervisor');
  const told = await ask<AuditChain>(supervisor, 'GET', '/api/audit/chain');
  expect(told.body).toMatchObject({ intact: true, defects: [] });
  expect(told.body.rows).toBeGreaterThan(20);
  const head = told.body.head ?? '';
  expect(await verifyAudit(sql, 0, head)).toMatchObject({ intact: true });

  /** What somebody does who owns the database; undone afterwards. */
  const tamper = async (statement: string, expectedHead: string | null = null) => {
    const checked = { chain: null as AuditChain | null };
    await sql
      .begin(async (tx) => {
        await tx.unsafe('set local session_replication_role = replica');
        await tx.unsafe(statement);
        checked.chain = await verifyAudit(tx as unknown as typeof sql, 0, expectedHead);
        throw new Error('undo');
      })
      .catch((error: Error) => {
        if (error.message !== 'undo') throw error;
      });
    return checked.chain?.defects.map((defect) => defect.kind);
  };
  const middle = '(select max(id) / 2 from audit_log)';
  expect(await tamper(`update audit_log set actor = 'x' where id = ${middle}`)).toEqual([
    'changed',
  ]);
  expect(await tamper(`delete from audit_log where id = ${middle}`)).toEqual(['removed']);
  expect(
    await tamper(
      `delete from audit_link where audit_id = ${middle}; delete from audit_log where id = ${middle}`,
    ),
  ).toEqual(['removed']);
  const last = '(select max(audit_id) from audit_link)';
  const cut = `delete from audit_log where id = ${last}; delete from audit_link where audit_id = ${last}`;
  expect(await tamper(cut)).toEqual(['cut-off']);
  const [{ hash } = { hash: '' }] = await sql<{ hash: string }[]>`
    select encode(hash, 'hex') as hash from audit_link order by sequence desc limit 1`;
  const cutWell = `${cut}; update audit_head h set (sequence, hash) = (select sequence, hash
    from audit_link order by sequence desc limit 1)`;
  expect(await tamper(cutWell)).toEqual([]);
  expect(await tamper(cutWell, hash)).toEqual(['cut-off']);
  expect(await tamper(`insert into audit_log (at, action) values (now(), 'put in')`)).toEqual([
    'changed',
  ]);
});

test('many who write at once make one chain without holding each other up', async () => {
  const before = await verifyAudit(server.sql, 0);
  await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      server.sql.begin(async (tx) => {
        // In the middle of a transaction, with other locks taken in any order afterwards.
        await tx`insert into audit_log (at, action, subject) values (now(), 'race', ${String(index)})`;
        await tx`select 1 from app_user where id = ${1 + (index % 3)} for update`;
        await tx`select 1 from app_user where id = ${3 - (index % 3)} for update skip locked`;
      }),
    ),
  );
  expect(await verifyAudit(server.sql, 0)).toMatchObject({ intact: true, rows: before.rows + 60 });
});

test('the metrics are for bearers of the cluster key', async () => {
  const read = async (headers: Record<string, string>) =>
    (await fetch(`${server.url}/metrics`, { headers })).status;
  expect(await read({})).toBe(401);
  expect(await read({ authorization: 'Bearer wrong' })).toBe(401);
  expect(await read({ cookie: await server.signIn('administrator') })).toBe(401);
  expect(await read({ authorization: `Bearer ${testClusterKey}` })).toBe(200);
});
