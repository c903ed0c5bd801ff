import type { ChannelSettingsView } from '@nigehban/domain/api/notice-types.ts';
import type { PlanDraftView } from '@nigehban/domain/api/plan-types.ts';
import { defaultEscalationPolicy } from '@nigehban/domain/escalation.ts';
import type { WatchPolicy } from '@nigehban/domain/watch-orders.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  planOf,
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
} from '../testing/test-services.ts';

/** A setting is changed together with its entry in the trail, or not at all. */
let services: TestServices;
let server: TestServer;
let cookie: string;

beforeAll(async () => {
  services = await startTestServices({ redis: true });
  server = await startTestServer(services);
  cookie = await server.signIn('administrator');
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await services?.stop();
});

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${server.url}/api${path}`, {
    method,
    headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  return (text === '' ? null : JSON.parse(text)) as T;
}

/** As if the trail could not be written, by a trigger. */
async function withoutTrail<T>(work: () => Promise<T>): Promise<T> {
  await server.sql`
    create function refuse_trail() returns trigger language plpgsql as
    $$ begin raise exception 'the trail is full'; end $$`;
  await server.sql`
    create trigger refuse_trail before insert on audit_log execute function refuse_trail()`;
  try {
    return await work();
  } finally {
    await server.sql`drop trigger refuse_trail on audit_log`;
    await server.sql`drop function refuse_trail`;
  }
}

const trail = async () =>
  (
    await server.sql<{ action: string; subject: string | null }[]>`
    select action, subject from audit_log where action ~ '^(setting|notice|plan)\.' order by id`
  ).map(({ action, subject }) => `${action} ${subject ?? ''}`.trim());

const smtp = {
  host: 'mail.example.org',
  port: 587,
  tls: false,
  acceptAnyCertificate: false,
  username: null,
  password: null,
  from: 'nigehban@example.org',
};
const sms = {
  url: 'https://sms.example.org/send?to={to}&text={text}',
  method: 'GET',
  headers: {},
  body: null,
  contentType: 'text/plain',
  acceptedText: null,
};

test('settings stay as they were while the trail cannot be written', async () => {
  const watch = await call<WatchPolicy>('GET', '/settings/watch');
  const escalation = { ...defaultEscalationPolicy };
  const changed = { ...watch, sweepEveryMs: watch.sweepEveryMs + 10_000 };
  const level = { divisionAfterMs: 111_000, provinceAfterMs: 222_000 };
  const climbing = { ...escalation, drill: { ...escalation.drill, major: level } };
  const all = async () => ({
    watch: await call('PUT', '/settings/watch', changed),
    smtp: await call('PUT', '/notices/channels/smtp', smtp),
    sms: await call('PUT', '/notices/channels/sms', sms),
    escalation: await call('PUT', '/notices/escalation', climbing),
  });
  await withoutTrail(async () => {
    for (const [path, body] of [
      ['/settings/watch', changed],
      ['/notices/channels/smtp', smtp],
      ['/notices/channels/sms', sms],
      ['/notices/escalation', climbing],
    ] as const) {
      await expect(call('PUT', path, body), path).rejects.toThrow('500');
    }
  });
  expect(await call('GET', '/settings/watch')).toEqual(watch);
  expect(await call('GET', '/notices/channels')).toEqual({ smtp: null, sms: null });
  expect(await call('GET', '/notices/escalation')).toEqual(escalation);
  expect(await trail()).toEqual([]);

  await all();
  expect(await call('GET', '/settings/watch')).toEqual(changed);
  expect(await call<ChannelSettingsView>('GET', '/notices/channels')).toMatchObject({
    smtp: { host: 'mail.example.org' },
    sms: { host: 'sms.example.org' },
  });
  expect(await call('GET', '/notices/escalation')).toEqual(climbing);
  expect(await trail()).toEqual([
    'setting.watch',
    'notice.channel smtp',
    'notice.channel sms',
    'notice.escalation',
  ]);
});

test('a draft of a plan is loaded and discarded together with its entry, or not at all', async () => {
  const load = async () => {
    const answer = await fetch(`${server.url}/api/plan/drafts?name=plan.csv`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/octet-stream' },
      body: planOf(1, 1),
    });
    return { status: answer.status, draft: (await answer.json()) as PlanDraftView };
  };
  expect((await withoutTrail(load)).status).toBe(500);
  expect(await call('GET', '/plan/drafts')).toEqual([]);
  const { draft } = await load();
  await expect
    .poll(async () => (await call<PlanDraftView>('GET', `/plan/drafts/${draft.id}`)).state)
    .toMatch(/ready|mapping/);
  await withoutTrail(() =>
    expect(call('DELETE', `/plan/drafts/${draft.id}`)).rejects.toThrow('500'),
  );
  expect(await call<PlanDraftView[]>('GET', '/plan/drafts')).toHaveLength(1);
  await call('DELETE', `/plan/drafts/${draft.id}`);
  expect(await call('GET', '/plan/drafts')).toEqual([]);
});
