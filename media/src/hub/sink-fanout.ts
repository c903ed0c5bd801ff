import type { SenderReport, StreamSession, StreamSink, StreamStop } from './stream-hub-types.ts';

interface Entry {
  readonly sink: StreamSink;
  /** Between onStart and onStop. */
  started: boolean;
  left: boolean;
}

/**
 * The sinks of one stream. Each hears onStart and onStop in pairs and packets in between only. One
 * that throws is stopped, removed and reported; the others never notice.
 */
export class SinkFanout {
  readonly #onFault: (error: unknown) => void;
  /** Replaced, never changed: sinks come and go while packets are handed out. */
  #entries: readonly Entry[] = [];

  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  get count(): number {
    return this.#entries.length;
  }

  /** Adds a sink, starting it when a session plays. The result removes it, true the first time. */
  add(sink: StreamSink, playing: StreamSession | undefined): () => boolean {
    const entry: Entry = { sink, started: false, left: false };
    this.#entries = [...this.#entries, entry];
    if (playing !== undefined) this.#start(entry, playing);
    return () => this.#remove(entry);
  }

  start(session: StreamSession): void {
    for (const entry of this.#entries) this.#start(entry, session);
  }

  rtp(track: number, buffer: Buffer, offset: number, length: number, arrivalUs: number): void {
    const entries = this.#entries;
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index];
      if (entry === undefined || !entry.started) continue;
      try {
        entry.sink.onRtp(track, buffer, offset, length, arrivalUs);
      } catch (error) {
        this.#expel(entry, error);
      }
    }
  }

  senderReport(track: number, report: SenderReport): void {
    for (const entry of this.#entries) {
      if (!entry.started) continue;
      try {
        entry.sink.onSenderReport(track, report);
      } catch (error) {
        this.#expel(entry, error);
      }
    }
  }

  stop(stop: StreamStop): void {
    for (const entry of this.#entries) {
      if (!entry.started) continue;
      entry.started = false;
      try {
        entry.sink.onStop(stop);
      } catch (error) {
        this.#expel(entry, error);
      }
    }
  }

  #start(entry: Entry, session: StreamSession): void {
    if (entry.left || entry.started) return;
    entry.started = true;
    try {
      entry.sink.onStart(session);
    } catch (error) {
      this.#expel(entry, error);
    }
  }

  #remove(entry: Entry): boolean {
    if (entry.left) return false;
    entry.left = true;
    entry.started = false;
    this.#entries = this.#entries.filter((other) => other !== entry);
    return true;
  }

  #expel(entry: Entry, error: unknown): void {
    const started = entry.started;
    if (!this.#remove(entry)) return;
    if (started) {
      try {
        entry.sink.onStop({ cause: 'failed', error: undefined, lastPacketUs: undefined });
      } catch {
        // It is out already, for the fault that is reported.
      }
    }
    this.#onFault(error);
    entry.sink.onExpelled?.();
  }
}
