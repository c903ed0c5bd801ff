import { createHash } from 'node:crypto';
import type { StreamSource } from './stream-hub-types.ts';

/**
 * Which user name and password which camera refused, for all streams of a hub: a camera's streams
 * have one account, and each of them would offer the same wrong password once. Until it is known
 * whether a login is right, one stream offers it and the others wait. Times are monotonic milliseconds.
 */
export class RefusedLogins {
  readonly #known = new Map<string, Login>();
  readonly #holdMs: number;

  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  /** Until when this login is not to be offered; undefined when it may be. */
  heldUntilMs(source: StreamSource, nowMs: number): number | undefined {
    const login = this.#find(source);
    if (login?.kind !== 'refused') return undefined;
    const untilMs = login.atMs + this.#holdMs;
    return untilMs > nowMs ? untilMs : undefined;
  }

  /** False while another stream of the camera finds out whether the login is right. */
  enter(source: StreamSource, nowMs: number): boolean {
    const key = keyOf(source);
    const login = this.#find(source);
    if (key === undefined || login?.kind === 'accepted') return true;
    if (login?.kind === 'offered' && login.by !== source.key) {
      if (nowMs - login.atMs < longestOfferMs) return false;
    }
    this.#known.set(key, { kind: 'offered', by: source.key, atMs: nowMs });
    return true;
  }

  /** The stream ended: whether its login is still right is open again. */
  leave(source: StreamSource): void {
    const login = this.#find(source);
    const wasOffered = login?.kind === 'offered' && login.by === source.key;
    if (wasOffered || login?.kind === 'accepted') this.forget(source);
  }

  refused(source: StreamSource, nowMs: number): void {
    const key = keyOf(source);
    if (key !== undefined) this.#known.set(key, { kind: 'refused', atMs: nowMs });
  }

  accepted(source: StreamSource): void {
    const key = keyOf(source);
    if (key !== undefined) this.#known.set(key, { kind: 'accepted' });
  }

  /** Somebody says to try it again, or nobody has it any more. */
  forget(source: StreamSource): void {
    const key = keyOf(source);
    if (key !== undefined) this.#known.delete(key);
  }

  #find(source: StreamSource): Login | undefined {
    const key = keyOf(source);
    return key === undefined ? undefined : this.#known.get(key);
  }
}

type Login =
  | { readonly kind: 'refused'; readonly atMs: number }
  | { readonly kind: 'offered'; readonly by: string; readonly atMs: number }
  | { readonly kind: 'accepted' };

/** A dial that takes longer does not keep the others from theirs. */
const longestOfferMs = 30_000;

/** Undefined for a stream without a login: then there is nothing that could lock. */
function keyOf({ url, username, password }: StreamSource): string | undefined {
  if (username === undefined || !URL.canParse(url)) return undefined;
  return createHash('sha256')
    .update(JSON.stringify([new URL(url).host, username, password]))
    .digest('base64');
}
