import type { DeliveryOutcome } from '@nigehban/domain/notification.ts';

/** What an HTTP status says about a delivery (RFC 9110): 408, 425, 429 and 5xx may pass, others do not. */
export function outcomeOfStatus(answer: {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
}): DeliveryOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'sent', detail: `HTTP ${status}` };
  const passing = status >= 500 || status === 408 || status === 425 || status === 429;
  if (!passing) return { kind: 'refused', reason: `HTTP ${status}` };
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  return {
    kind: 'retry',
    reason: `HTTP ${status}`,
    retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null,
  };
}

/** A request that did not come through. The reason names no address: it may hold a key. */
export function outcomeOfThrown(thrown: unknown): DeliveryOutcome {
  if (thrown instanceof TypeError && /invalid url|parse url/i.test(thrown.message)) {
    return { kind: 'refused', reason: 'the address is no URL' };
  }
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown;
  const code =
    typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string'
      ? cause.code
      : null;
  const name = cause instanceof Error ? cause.name : 'unknown';
  const reason = name === 'TimeoutError' ? 'no answer in time' : (code ?? name);
  return { kind: 'retry', reason, retryAfterMs: null };
}

/** At most so many bytes of an answer; the rest is not read. */
export async function readSome(answer: Response, limitBytes: number): Promise<string> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < limitBytes) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
  }
  await reader.cancel();
  return Buffer.concat(chunks).subarray(0, limitBytes).toString('utf8');
}
