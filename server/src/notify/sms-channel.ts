import type { DeliveryOutcome, NoticeMessage } from '@nigehban/domain/notification.ts';
import { outcomeOfStatus, outcomeOfThrown, readSome } from './http-outcome.ts';

/** A telephone company's HTTP interface, described by templates with `{to}`, `{text}` and `{id}`. */
export interface SmsGateway {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** Null: no body. */
  readonly body: string | null;
  readonly contentType: 'application/json' | 'application/x-www-form-urlencoded' | 'text/plain';
  /** Text that the answer must contain to count as accepted; null: the status alone decides. */
  readonly acceptedText: string | null;
}

const answerLimitBytes = 16_384;

/** Sends one short message. What goes into URL, form or JSON is escaped for it. Never throws. */
export async function sendSms(
  gateway: SmsGateway,
  to: string,
  message: NoticeMessage,
  timeoutMs: number,
): Promise<DeliveryOutcome> {
  const values = { to, text: message.shortText, id: message.id };
  const escapeBody =
    gateway.contentType === 'application/json'
      ? escapeJson
      : gateway.contentType === 'text/plain'
        ? (text: string) => text
        : encodeURIComponent;
  try {
    const answer = await fetch(fillTemplate(gateway.url, values, encodeURIComponent), {
      method: gateway.method,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        ...gateway.headers,
        'idempotency-key': message.id,
        ...(gateway.body === null ? {} : { 'content-type': gateway.contentType }),
      },
      ...(gateway.method === 'POST' && gateway.body !== null
        ? { body: fillTemplate(gateway.body, values, escapeBody) }
        : {}),
    });
    const text = await readSome(answer, answerLimitBytes);
    const outcome = outcomeOfStatus(answer);
    if (outcome.kind !== 'sent' || gateway.acceptedText === null) return outcome;
    return text.includes(gateway.acceptedText)
      ? outcome
      : { kind: 'refused', reason: 'the SMS gateway did not accept the message' };
  } catch (thrown) {
    return outcomeOfThrown(thrown);
  }
}

/** Puts values into a template; a brace that names nothing stays. */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, string>>,
  escapeValue: (text: string) => string,
): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? whole : escapeValue(value);
  });
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
