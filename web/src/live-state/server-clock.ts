/**
 * The server's time as this browser can know it: its own clock plus the offset that the last message
 * showed. A control-room PC's clock may be minutes off; no age is ever counted from it alone.
 */
export class ServerClock {
  readonly #browserNowMs: () => number;
  #offsetMs = 0;

  constructor(browserNowMs: () => number) {
    this.#browserNowMs = browserNowMs;
  }

  /** Takes the server's time as it was when the message was sent. */
  adjust(serverNowMs: number): void {
    this.#offsetMs = serverNowMs - this.#browserNowMs();
  }

  readonly nowMs = (): number => this.#browserNowMs() + this.#offsetMs;
}
