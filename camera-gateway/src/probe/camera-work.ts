import { Fault } from '@nigehban/domain/faults.ts';

/**
 * Work of one class with many cameras: at most `parallel` at once, the rest waits in order, and
 * equal work asked for while it runs is done once. Work must end by itself (a deadline), so a
 * hanging camera holds one place for that long and no other camera's.
 */
export interface CameraWork {
  /** `key` tells equal work. Throws GATEWAY_UNAVAILABLE when too much waits already. */
  run<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** Work running and waiting. */
  readonly size: number;
  /** As many run at once. */
  readonly parallel: number;
  /** Resolves when nothing runs; what waits is refused with GATEWAY_UNAVAILABLE. */
  stop(): Promise<void>;
}

export function createCameraWork(parallel: number, maxWaiting: number): CameraWork {
  const flights = new Map<string, Promise<unknown>>();
  const waiting: { start: () => void; refuse: (fault: Fault) => void }[] = [];
  let running = 0;
  let stopped = false;

  const leave = (): void => {
    running -= 1;
    waiting.shift()?.start();
  };

  const enter = (): Promise<void> => {
    if (stopped) return Promise.reject(stopping());
    if (running < parallel) {
      running += 1;
      return Promise.resolve();
    }
    if (waiting.length >= maxWaiting) {
      return Promise.reject(
        new Fault('GATEWAY_UNAVAILABLE', 'The camera gateway has too much to do already'),
      );
    }
    return new Promise((resolve, reject) => {
      waiting.push({
        start: () => {
          running += 1;
          resolve();
        },
        refuse: reject,
      });
    });
  };

  const perform = async <T>(work: () => Promise<T>): Promise<T> => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };

  return {
    parallel,
    run<T>(key: string, work: () => Promise<T>): Promise<T> {
      const under = flights.get(key);
      if (under !== undefined) return under as Promise<T>;
      const flight = perform(work).finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight;
    },
    get size() {
      return running + waiting.length;
    },
    async stop() {
      stopped = true;
      for (const one of waiting.splice(0)) one.refuse(stopping());
      await Promise.allSettled([...flights.values()]);
    },
  };
}

function stopping(): Fault {
  return new Fault('GATEWAY_UNAVAILABLE', 'The camera gateway is stopping');
}
