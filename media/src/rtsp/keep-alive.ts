import { MediaError } from '../media-error.ts';
import { isSuccess } from './rtsp-dialogue.ts';
import type { RtspResponse } from './rtsp-message.ts';

export interface KeepAliveOptions {
  /** GET_PARAMETER where the server lists it (RFC 2326 §10.8), else OPTIONS. */
  readonly method: 'GET_PARAMETER' | 'OPTIONS';
  readonly sessionTimeoutS: number;
  readonly send: (method: string) => Promise<RtspResponse>;
  /** The server answered 454: it knows the session no more. */
  readonly onForgotten: () => void;
  readonly onFault: (error: unknown) => void;
}

/** Keeps a session from timing out (RFC 2326 §12.37): asks at half its time, one request at a time. */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  readonly #intervalMs: number;
  #method: string;
  #busy = false;
  #nextMs: number;

  /** `random` in [0, 1) spreads the sessions of a hub. */
  constructor(options: KeepAliveOptions, nowMs: number, random: number) {
    this.#options = options;
    this.#method = options.method;
    this.#intervalMs = Math.min(30_000, Math.max(2000, options.sessionTimeoutS * 500));
    this.#nextMs = nowMs + this.#intervalMs * (0.5 + random / 2);
  }

  tick(nowMs: number): void {
    if (nowMs < this.#nextMs || this.#busy) return;
    this.#nextMs = nowMs + this.#intervalMs;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#busy = true;
    try {
      const response = await this.#options.send(this.#method);
      if (response.statusCode === 454) this.#options.onForgotten();
      else if (!isSuccess(response)) this.#method = 'OPTIONS';
    } catch (cause) {
      // Some cameras never answer while they stream; silence is judged by packets alone.
      const unanswered = cause instanceof MediaError && cause.code === 'RESPONSE_TIMEOUT';
      if (!unanswered) this.#options.onFault(cause);
    } finally {
      this.#busy = false;
    }
  }
}
