import { createHmac } from 'node:crypto';
import type { DeliveryOutcome, NoticeMessage } from '@nigehban/domain/notification.ts';
import { outcomeOfStatus, outcomeOfThrown, readSome } from './http-outcome.ts';

export interface WebhookTarget {
  readonly url: string;
  /** `whsec_` and base64, as Standard Webhooks writes it; any other text is taken as it is. */
  readonly secret: string;
}

/**
 * Delivers a notice by POST, signed as Standard Webhooks 1.0 says: `webhook-id` (the idempotency key),
 * `webhook-timestamp` (seconds), `webhook-signature: v1,<base64 HMAC-SHA256 of id.timestamp.body>`.
 * Redirections are not followed: the body is for this receiver only. Never throws.
 */
export async function sendWebhook(
  target: WebhookTarget,
  message: NoticeMessage,
  options: { readonly nowMs: number; readonly timeoutMs: number },
): Promise<DeliveryOutcome> {
  const body = JSON.stringify({
    type: 'notice',
    id: message.id,
    subject: message.subject,
    text: message.text,
    data: message.data,
  });
  const timestamp = Math.floor(options.nowMs / 1000);
  try {
    const answer = await fetch(target.url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeoutMs),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Nigehban',
        'idempotency-key': message.id,
        'webhook-id': message.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signWebhook(target.secret, message.id, timestamp, body),
      },
      body,
    });
    await readSome(answer, 1);
    return outcomeOfStatus(answer);
  } catch (thrown) {
    return outcomeOfThrown(thrown);
  }
}

/** The value of `webhook-signature`. */
export function signWebhook(secret: string, id: string, timestamp: number, body: string): string {
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}
