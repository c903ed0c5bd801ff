import type { CameraEvent } from '../faults.ts';
import type { NowMs, TimerWheel } from '../timer-wheel.ts';

/** Something that happened before the lens or inside the camera. */
export interface EventMessage {
  readonly event: CameraEvent;
  readonly active: boolean;
  readonly atMs: number;
  /** `Initialized` for a property's state when the subscription begins, then `Changed`. */
  readonly operation: 'Initialized' | 'Changed';
}

interface Subscription {
  terminatesAtMs: number;
  readonly waiting: EventMessage[];
  /** Ends a PullMessages that is held open. */
  wake: () => void;
}

const mostSubscriptions = 8;
const mostWaiting = 64;
const longestLifeMs = 24 * 3_600_000;

/** A camera's pull points (ONVIF Core §9.2): who subscribed, until when, and what waits for them. */
export class EventSubscriptions {
  readonly #now: NowMs;
  readonly #wheel: TimerWheel;
  readonly #open = new Map<string, Subscription>();
  readonly #states = new Map<CameraEvent, EventMessage>();
  #nextId = 1;

  constructor(wheel: TimerWheel, now: NowMs) {
    this.#wheel = wheel;
    this.#now = now;
  }

  get count(): number {
    this.#expire();
    return this.#open.size;
  }

  /** The id of a new subscription, which first tells the state of all properties; null: too many. */
  open(lifeMs: number): { readonly id: string; readonly terminatesAtMs: number } | null {
    this.#expire();
    if (this.#open.size >= mostSubscriptions) return null;
    const id = String(this.#nextId);
    this.#nextId += 1;
    const terminatesAtMs = this.#now() + Math.min(lifeMs, longestLifeMs);
    this.#open.set(id, { terminatesAtMs, waiting: this.#initialStates(), wake: () => {} });
    return { id, terminatesAtMs };
  }

  has(id: string): boolean {
    this.#expire();
    return this.#open.has(id);
  }

  terminatesAtMs(id: string): number | null {
    return this.#open.get(id)?.terminatesAtMs ?? null;
  }

  /** The new end of life; null when there is no such subscription. */
  renew(id: string, lifeMs: number): number | null {
    this.#expire();
    const subscription = this.#open.get(id);
    if (subscription === undefined) return null;
    subscription.terminatesAtMs = this.#now() + Math.min(lifeMs, longestLifeMs);
    return subscription.terminatesAtMs;
  }

  close(id: string): boolean {
    const subscription = this.#open.get(id);
    this.#open.delete(id);
    subscription?.wake();
    return subscription !== undefined;
  }

  /** Forgets all subscriptions: a restart of the camera's event process. */
  forgetAll(): void {
    for (const id of [...this.#open.keys()]) this.close(id);
  }

  /** Tells the state of all properties again (SetSynchronizationPoint). False: no such subscription. */
  synchronize(id: string): boolean {
    const subscription = this.#open.get(id);
    if (subscription === undefined) return false;
    subscription.waiting.push(...this.#initialStates());
    subscription.wake();
    return true;
  }

  tell(event: CameraEvent, active: boolean): void {
    const message: EventMessage = { event, active, atMs: this.#now(), operation: 'Changed' };
    this.#states.set(event, { ...message, operation: 'Initialized' });
    this.#expire();
    for (const subscription of this.#open.values()) {
      if (subscription.waiting.length < mostWaiting) subscription.waiting.push(message);
      subscription.wake();
    }
  }

  /**
   * What waits, as soon as anything does, at the latest after `timeoutMs`; null when the
   * subscription is not there, also when it ends meanwhile.
   */
  pull(id: string, timeoutMs: number, limit: number): Promise<EventMessage[] | null> {
    this.#expire();
    const subscription = this.#open.get(id);
    if (subscription === undefined) return Promise.resolve(null);
    // A second pull ends the one before: there is one reader.
    subscription.wake();
    return new Promise((resolve) => {
      const answer = () => {
        cancel();
        subscription.wake = () => {};
        resolve(this.#open.has(id) ? subscription.waiting.splice(0, limit) : null);
      };
      const cancel = this.#wheel.schedule(this.#now() + timeoutMs, answer);
      subscription.wake = answer;
      if (subscription.waiting.length > 0) answer();
    });
  }

  #initialStates(): EventMessage[] {
    return [...this.#states.values()];
  }

  #expire(): void {
    const nowMs = this.#now();
    for (const [id, { terminatesAtMs }] of this.#open) {
      if (terminatesAtMs <= nowMs) this.close(id);
    }
  }
}
