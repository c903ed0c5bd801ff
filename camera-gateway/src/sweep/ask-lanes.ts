/** What waits to be asked; an entry that is not wanted any more is passed over. */
export interface Waiting<T> {
  readonly size: number;
  push(value: T): void;
  /** The next in line; undefined when none waits. */
  shift(): T | undefined;
  clear(): void;
}

/** First in, first out, at constant cost however long it gets. */
export function createWaiting<T>(): Waiting<T> {
  let values: T[] = [];
  let at = 0;
  return {
    get size() {
      return values.length - at;
    },
    push(value) {
      values.push(value);
    },
    shift() {
      const value = values[at];
      if (value === undefined) return undefined;
      at += 1;
      if (at > 1_024 && at * 2 > values.length) {
        values = values.slice(at);
        at = 0;
      }
      return value;
    },
    clear() {
      values = [];
      at = 0;
    },
  };
}

/** So many a second on average, and no more than `burst` at once after a pause. */
export interface RateLimit {
  /** True when one more may go now. */
  take(nowMs: number): boolean;
}

export function createRateLimit(perSecond: number, burst: number): RateLimit {
  let tokens = burst;
  let filledAtMs: number | null = null;
  return {
    take(nowMs) {
      const sinceMs = Math.max(0, nowMs - (filledAtMs ?? nowMs));
      filledAtMs = nowMs;
      tokens = Math.min(burst, tokens + (sinceMs / 1_000) * perSecond);
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
