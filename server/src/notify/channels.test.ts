import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, expect, test } from 'vitest';
import { sendSms } from './sms-channel.ts';
import { sendMail } from './smtp-channel.ts';
import { sendWebhook, signWebhook } from './webhook-channel.ts';

const message = {
  id: 'notice-1-2',
  subject: 'Station blind: "NA-117-042"',
  text: 'پولنگ اسٹیشن بند\nNo camera answers.',
  shortText: 'NA-117-042 بند & blind',
  data: { alertId: 7 },
};
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  const port = await listen(server);
  ends.push(async () => server.closeAllConnections());
  return `http://127.0.0.1:${port}`;
}

/** Accepts and never says a word. */
function hang(socket: Socket): void {
  ends.push(async () => socket.destroy());
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

test('a webhook is signed so that its receiver can prove who sent it', async () => {
  const seen: { headers: IncomingMessage['headers']; body: string }[] = [];
  const url = await serve(async (request, response) => {
    seen.push({ headers: request.headers, body: await bodyOf(request) });
    response.end('thank you');
  });
  const nowMs = Date.UTC(2027, 1, 8, 4);
  const secret = `whsec_${Buffer.from('0123456789abcdef').toString('base64')}`;
  const outcome = await sendWebhook({ url, secret }, message, { nowMs, timeoutMs: 5_000 });
  expect(outcome).toEqual({ kind: 'sent', detail: 'HTTP 200' });
  const [got] = seen;
  expect(got?.headers).toMatchObject({
    'webhook-id': message.id,
    'idempotency-key': message.id,
    'webhook-timestamp': String(nowMs / 1000),
    'webhook-signature': signWebhook(secret, message.id, nowMs / 1000, got?.body ?? ''),
  });
  expect(JSON.parse(got?.body ?? '')).toMatchObject({
    subject: message.subject,
    data: { alertId: 7 },
  });
});

test('the signature is that of the published example of Standard Webhooks', () => {
  expect(
    signWebhook(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1_614_265_330,
      '{"test": 2432232314}',
    ),
  ).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test.each([
  [500, 'retry'],
  [429, 'retry'],
  [404, 'refused'],
  [302, 'refused'],
])('a webhook that answers %i is to be %s', async (status, kind) => {
  let asked = 0;
  const url = await serve((_request, response) => {
    asked += 1;
    response.writeHead(status, { location: '/elsewhere', 'retry-after': '7' }).end();
  });
  const outcome = await sendWebhook({ url, secret: 's' }, message, { nowMs: 0, timeoutMs: 5_000 });
  expect(outcome).toMatchObject({ kind, reason: `HTTP ${status}` });
  if (outcome.kind === 'retry') expect(outcome.retryAfterMs).toBe(7_000);
  expect(asked).toBe(1);
});

test('a hung, an absent and a wrong webhook are told by a reason that repeats no address', async () => {
  const hung = await listen(createTcpServer(hang));
  const options = { nowMs: 0, timeoutMs: 200 };
  const secret = 'top-secret';
  expect(
    await sendWebhook({ url: `http://127.0.0.1:${hung}/key=abc`, secret }, message, options),
  ).toEqual({ kind: 'retry', reason: 'no answer in time', retryAfterMs: null });
  const gone = await sendWebhook({ url: 'http://127.0.0.1:1/key=abc', secret }, message, options);
  expect(gone.kind).not.toBe('sent');
  expect(JSON.stringify(gone)).not.toContain('abc');
  expect(await sendWebhook({ url: 'not a url', secret }, message, options)).toEqual({
    kind: 'refused',
    reason: 'the address is no URL',
  });
});

test('an SMS gateway gets number and text escaped as its template needs', async () => {
  const seen: string[] = [];
  const url = await serve(async (request, response) => {
    seen.push(request.url ?? '', await bodyOf(request));
    response.end('{"status":"ACCEPTED"}');
  });
  const gateway = {
    method: 'POST',
    headers: { authorization: 'Bearer x' },
    acceptedText: 'ACCEPTED',
  } as const;
  const json = { ...gateway, contentType: 'application/json', body: '{"to":"{to}","m":"{text}"}' };
  const tricky = { ...message, shortText: 'a"b\\c\n&ن' };
  expect(
    await sendSms(
      { ...json, contentType: 'application/json', url: `${url}/?id={id}` },
      '+92 300',
      tricky,
      5_000,
    ),
  ).toEqual({ kind: 'sent', detail: 'HTTP 200' });
  expect(seen[0]).toBe('/?id=notice-1-2');
  expect(JSON.parse(seen[1] ?? '')).toEqual({ to: '+92 300', m: 'a"b\\c\n&ن' });
  const form = { ...gateway, url, body: 'n={to}&t={text}' };
  await sendSms(
    { ...form, contentType: 'application/x-www-form-urlencoded' },
    '+92 300',
    tricky,
    5_000,
  );
  expect(new URLSearchParams(seen[3]).get('t')).toBe('a"b\\c\n&ن');
  const picky = { ...form, contentType: 'text/plain', acceptedText: 'QUEUED' } as const;
  expect((await sendSms(picky, '1', message, 5_000)).kind).toBe('refused');
});

async function startMailServer(refuse: { rcpt?: number } = {}) {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth: (auth, _session, done) =>
      auth.password === 'right'
        ? done(null, { user: 'nigehban' })
        : done(new Error('Invalid credentials')),
    onRcptTo: (_address, _session, done) =>
      refuse.rcpt === undefined
        ? done()
        : done(Object.assign(new Error('no'), { responseCode: refuse.rcpt })),
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString('utf8'));
        done();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as AddressInfo;
  const settings = {
    host: '127.0.0.1',
    port,
    tls: false,
    acceptAnyCertificate: false,
    username: null,
    password: null,
    from: 'Nigehban <nigehban@example.pk>',
  };
  return { mails, settings };
}

test('a mail arrives with its idempotency key as Message-ID', async () => {
  const { mails, settings } = await startMailServer();
  const outcome = await sendMail(settings, 'dc.lahore@example.pk', message, 5_000);
  expect(outcome.kind).toBe('sent');
  expect(mails[0]).toContain('Message-ID: <notice-1-2@nigehban.invalid>');
  expect(mails[0]).toContain('Auto-Submitted: auto-generated');
});

test('a mailbox that is busy is tried again, one that is unknown and a wrong password are not', async () => {
  const busy = await startMailServer({ rcpt: 450 });
  expect((await sendMail(busy.settings, 'a@example.pk', message, 5_000)).kind).toBe('retry');
  const unknown = await startMailServer({ rcpt: 550 });
  expect((await sendMail(unknown.settings, 'a@example.pk', message, 5_000)).kind).toBe('refused');
  const signIn = { ...unknown.settings, username: 'nigehban', password: 'wrong-password' };
  const refused = await sendMail(signIn, 'a@example.pk', message, 5_000);
  expect(refused.kind).toBe('refused');
  expect(JSON.stringify(refused)).not.toContain('wrong-password');
});

test('a mail server that never greets ends in time', async () => {
  const port = await listen(createTcpServer(hang));
  const { settings } = await startMailServer();
  const outcome = await sendMail({ ...settings, port }, 'a@example.pk', message, 300);
  expect(outcome.kind).toBe('retry');
});
