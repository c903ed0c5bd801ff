import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RecipientBody } from '@nigehban/domain/api/notice-types.ts';
import { writeSmtpServer } from '@nigehban/server/notify/channel-settings.ts';
import type { Sql } from '@nigehban/server/store/database.ts';
import { testSecretKey } from '@nigehban/server/testing/test-services.ts';
import { saveRecipient } from '@nigehban/server/use-cases/manage-recipients.ts';
import { SMTPServer } from 'smtp-server';

/** A webhook server and a mail server that count what reaches them. */
export interface Receivers {
  readonly hookUrl: string;
  readonly mailPort: number;
  /** How often each message was taken, by its idempotency key. */
  taken(): ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** Every seventh request is refused, each message once at most, so that attempts are repeated too. */
export async function startReceivers(): Promise<Receivers> {
  const counts = new Map<string, number>();
  const count = (id: string) => counts.set(id, (counts.get(id) ?? 0) + 1);
  const refused = new Set<string>();
  let requests = 0;
  const hook = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const id = String(JSON.parse(Buffer.concat(chunks).toString('utf8')).id);
      if (++requests % 7 === 0 && !refused.has(id)) {
        refused.add(id);
        response.writeHead(503).end();
        return;
      }
      count(id);
      response.end();
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const mail = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const id = /^X-Nigehban-Notice: (\S+)/im.exec(Buffer.concat(chunks).toString('utf8'))?.[1];
        count(id ?? 'a mail without an id');
        done();
      });
    },
  });
  mail.on('error', () => {});
  await new Promise<void>((resolve) => mail.listen(0, '127.0.0.1', resolve));
  return {
    hookUrl: `http://127.0.0.1:${(hook.address() as AddressInfo).port}`,
    mailPort: (mail.server.address() as AddressInfo).port,
    taken: () => counts,
    async stop() {
      hook.closeAllConnections();
      await new Promise((resolve) => hook.close(resolve));
      await new Promise<void>((resolve) => mail.close(() => resolve()));
    },
  };
}

/** A recipient for each district and division and two for the province, none of them limited. */
export async function addRecipients(sql: Sql, receivers: Receivers): Promise<void> {
  const { hookUrl, mailPort } = receivers;
  await writeSmtpServer(sql, testSecretKey, {
    host: '127.0.0.1',
    port: mailPort,
    tls: false,
    acceptAnyCertificate: false,
    username: null,
    password: null,
    from: 'nigehban@example.test',
  });
  const places = await sql<{ code: string; division: string }[]>`
    select code, division from district order by code`;
  const body = (name: string, changes: Partial<RecipientBody>): RecipientBody => ({
    name,
    channel: 'webhook',
    target: { kind: 'webhook', url: `${hookUrl}/${name}`, secret: 'a-shared-secret' },
    language: 'en',
    level: 'province',
    districtCode: null,
    division: null,
    minSeverity: 'info',
    quiet: null,
    limitMessages: 1_000,
    limitWindowMs: 60_000,
    enabled: true,
    shifts: [],
    ...changes,
  });
  const bodies = [
    ...places.map(({ code }) => body(code, { level: 'district', districtCode: code })),
    ...[...new Set(places.map((place) => place.division))].map((division) =>
      body(division.replaceAll(' ', '-'), { level: 'division', division }),
    ),
    body('province', {}),
    body('province-mail', {
      channel: 'smtp',
      target: { kind: 'smtp', address: 'control@example.test' },
    }),
  ];
  const person = { username: 'administrator', address: '127.0.0.1' };
  for (const one of bodies) {
    await saveRecipient(
      { sql, secretKey: testSecretKey },
      { id: null, body: one },
      person,
      Date.now(),
    );
  }
}
