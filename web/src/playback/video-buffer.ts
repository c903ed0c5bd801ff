/** How much stays behind the play head, seconds: a step back needs no loading. */
const keptBehindS = 60;

/**
 * A Media Source with one SourceBuffer whose operations run one after another. After `close`, and for
 * operations of an older `epoch`, appends do nothing.
 */
export class VideoBuffer {
  readonly #video: HTMLVideoElement;
  readonly #source = new MediaSource();
  readonly #url: string;
  #buffer: SourceBuffer | null = null;
  #type = '';
  #queue: Promise<unknown>;
  #epoch = 0;
  #closed = false;

  constructor(video: HTMLVideoElement, durationS: number) {
    this.#video = video;
    this.#url = URL.createObjectURL(this.#source);
    this.#queue = new Promise<void>((resolve) => {
      this.#source.addEventListener(
        'sourceopen',
        () => {
          this.#source.duration = durationS;
          resolve();
        },
        { once: true },
      );
    });
    video.src = this.#url;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Whether there is picture at `seconds`. */
  holds(seconds: number): boolean {
    return this.leftAfter(seconds) > 0;
  }

  /** Seconds of picture from `seconds` on without a hole; 0 when there is none. */
  leftAfter(seconds: number): number {
    for (const [start, end] of this.#ranges()) {
      if (seconds >= start - 0.05 && seconds < end) return end - seconds;
    }
    return 0;
  }

  /** Where picture begins again within `reachS` after `seconds`; null when it does not. */
  nextStart(seconds: number, reachS: number): number | null {
    for (const [start] of this.#ranges()) {
      if (start > seconds && start - seconds <= reachS) return start;
    }
    return null;
  }

  /** Ready for a new piece whose media time 0 is at `offsetS`. */
  beginPiece(epoch: number, type: string, offsetS: number): Promise<void> {
    return this.#enqueue(epoch, () => {
      if (this.#buffer === null) {
        this.#buffer = this.#source.addSourceBuffer(type);
        this.#buffer.mode = 'segments';
      } else {
        // Ends a piece that was left half-way; the offset may not change inside one.
        this.#buffer.abort();
        if (type !== this.#type) this.#buffer.changeType(type);
      }
      this.#type = type;
      this.#buffer.timestampOffset = offsetS;
      return Promise.resolve();
    });
  }

  append(epoch: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.#enqueue(epoch, async () => {
      const buffer = this.#buffer;
      if (buffer === null) return;
      const behind = this.#video.currentTime - keptBehindS;
      if (behind > 0 && buffer.buffered.length > 0 && buffer.buffered.start(0) < behind - 30) {
        await this.#update(buffer, () => buffer.remove(0, behind));
      }
      try {
        await this.#update(buffer, () => buffer.appendBuffer(bytes));
      } catch (thrown) {
        if (!(thrown instanceof DOMException) || thrown.name !== 'QuotaExceededError') throw thrown;
        await this.#update(buffer, () => buffer.remove(0, Math.max(0.1, behind + keptBehindS - 5)));
        await this.#update(buffer, () => buffer.appendBuffer(bytes));
      }
    });
  }

  /** Throws away everything; appends of before do nothing any more. */
  clear(): void {
    this.#epoch += 1;
    const emptied = this.#enqueue(this.#epoch, async () => {
      const buffer = this.#buffer;
      if (buffer === null) return;
      buffer.abort();
      await this.#update(buffer, () => buffer.remove(0, Number.POSITIVE_INFINITY));
    });
    // What could not be emptied is overwritten by what comes next.
    emptied.catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    this.#epoch += 1;
    this.#video.removeAttribute('src');
    this.#video.load();
    URL.revokeObjectURL(this.#url);
  }

  *#ranges(): Generator<readonly [start: number, end: number]> {
    const ranges = this.#video.buffered;
    for (let index = 0; index < ranges.length; index++) {
      yield [ranges.start(index), ranges.end(index)];
    }
  }

  #enqueue(epoch: number, run: () => Promise<void>): Promise<void> {
    const result = this.#queue.then(async () => {
      if (this.#closed || epoch !== this.#epoch || this.#source.readyState !== 'open') return;
      await run();
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #update(buffer: SourceBuffer, begin: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        buffer.removeEventListener('updateend', done);
        buffer.removeEventListener('error', failed);
        resolve();
      };
      const failed = (): void => {
        buffer.removeEventListener('updateend', done);
        buffer.removeEventListener('error', failed);
        reject(new RangeError('the browser cannot read these bytes'));
      };
      buffer.addEventListener('updateend', done);
      buffer.addEventListener('error', failed);
      try {
        begin();
      } catch (thrown) {
        buffer.removeEventListener('updateend', done);
        buffer.removeEventListener('error', failed);
        reject(thrown);
      }
    });
  }
}
