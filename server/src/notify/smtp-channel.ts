import type { DeliveryOutcome, NoticeMessage } from '@nigehban/domain/notification.ts';
import { createTransport } from 'nodemailer';

/** A mail server that takes our messages (RFC 5321 submission). */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else STARTTLS when the server offers it. */
  readonly tls: boolean;
  /** Accept a certificate that no known authority signed (a server inside the house). */
  readonly acceptAnyCertificate: boolean;
  readonly username: string | null;
  readonly password: string | null;
  readonly from: string;
}

/** Sends one mail on a connection of its own, so that a hung server holds up nobody else. Never throws. */
export async function sendMail(
  server: SmtpServer,
  to: string,
  message: NoticeMessage,
  timeoutMs: number,
): Promise<DeliveryOutcome> {
  const transport = createTransport({
    host: server.host,
    port: server.port,
    secure: server.tls,
    tls: { rejectUnauthorized: !server.acceptAnyCertificate },
    ...(server.username === null || server.password === null
      ? {}
      : { auth: { user: server.username, pass: server.password } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<DeliveryOutcome>((resolve) => {
    timer = setTimeout(
      () => resolve({ kind: 'retry', reason: 'no answer in time', retryAfterMs: null }),
      timeoutMs * 2,
    );
  });
  const sent = transport
    .sendMail({
      from: server.from,
      to,
      subject: message.subject,
      text: message.text,
      // The same message keeps its id (RFC 5322 3.6.4): a mailbox may drop the second copy.
      messageId: `<${message.id}@nigehban.invalid>`,
      headers: { 'X-Nigehban-Notice': message.id, 'Auto-Submitted': 'auto-generated' },
    })
    .then((info): DeliveryOutcome => ({ kind: 'sent', detail: info.response.slice(0, 200) }))
    .catch(outcomeOfMailError);
  try {
    return await Promise.race([sent, late]);
  } finally {
    clearTimeout(timer);
    transport.close();
  }
}

function outcomeOfMailError(thrown: unknown): DeliveryOutcome {
  const code = readField(thrown, 'code') ?? 'ESMTP';
  const status = Number(readField(thrown, 'responseCode') ?? Number.NaN);
  // RFC 5321 4.2.1: 5yz is for good. Sign-in trouble is too, until somebody corrects it.
  const passing = status >= 400 && status < 500;
  const reason = Number.isNaN(status) ? code : `SMTP ${status}`;
  return !passing && (status >= 500 || code === 'EAUTH' || code === 'EENVELOPE')
    ? { kind: 'refused', reason }
    : { kind: 'retry', reason, retryAfterMs: null };
}

function readField(thrown: unknown, name: string): string | null {
  if (typeof thrown !== 'object' || thrown === null) return null;
  const value: unknown = Reflect.get(thrown, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
