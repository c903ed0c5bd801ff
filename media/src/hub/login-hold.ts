import { MediaError } from '../media-error.ts';
import type { RefusedLogins } from './refused-logins.ts';
import type { StreamSource } from './stream-hub-types.ts';

/**
 * When one stream may offer its login: never within `holdMs` of a refusal, which is known from the
 * camera itself (for all streams of the hub, `RefusedLogins`) or from the stream's order. Times are
 * monotonic milliseconds.
 */
export class LoginHold {
  readonly #logins: RefusedLogins;
  readonly #holdMs: number;
  /** Since when the order says that the login is held. */
  #heldSinceMs: number | undefined;

  constructor(logins: RefusedLogins, holdMs: number) {
    this.#logins = logins;
    this.#holdMs = holdMs;
  }

  /** Until when the login is not to be offered; undefined when it may be. */
  heldUntilMs(source: StreamSource, nowMs: number): number | undefined {
    const untilMs = this.#logins.heldUntilMs(source, nowMs);
    if (untilMs !== undefined || source.held !== true) return untilMs;
    // Told once: a day after that it is tried although nobody said so.
    if (this.#heldSinceMs === undefined) this.#heldSinceMs = nowMs;
    const heldUntilMs = this.#heldSinceMs + this.#holdMs;
    return heldUntilMs > nowMs ? heldUntilMs : undefined;
  }

  /** False while another stream of the camera finds out whether the login is right. */
  enter(source: StreamSource, nowMs: number): boolean {
    return this.#logins.enter(source, nowMs);
  }

  accepted(source: StreamSource): void {
    this.#logins.accepted(source);
  }

  /** The stream ended: whether its login is still right is open again. */
  leave(source: StreamSource): void {
    this.#logins.leave(source);
  }

  /** The session failed: until when the login is held now, where it was the login that was refused. */
  failed(source: StreamSource, error: MediaError | undefined, nowMs: number): number | undefined {
    if (error?.code === 'AUTH_REFUSED' && source.username !== undefined) {
      this.#logins.refused(source, nowMs);
      return nowMs + this.#holdMs;
    }
    this.#logins.leave(source);
    return undefined;
  }

  /**
   * The stream's order changed. `released`: what was held may be tried again; `replaced`: it goes to
   * another place, by another login or transport.
   */
  update(before: StreamSource, source: StreamSource): 'unchanged' | 'released' | 'replaced' {
    const same =
      source.url === before.url &&
      source.username === before.username &&
      source.password === before.password &&
      source.transport === before.transport;
    const isReleased = before.held === true && source.held !== true;
    if (!same) this.#logins.leave(before);
    if (isReleased) this.#logins.forget(source);
    if (same && !isReleased) return 'unchanged';
    this.#heldSinceMs = undefined;
    return same ? 'released' : 'replaced';
  }
}

/** What the sinks of a stream hear whose login is held: as if the camera had refused, where it did before. */
export function heldLoginError(): MediaError {
  return new MediaError(
    'AUTH_REFUSED',
    'the camera refused this user name and password within a day: not offered again yet',
  );
}
