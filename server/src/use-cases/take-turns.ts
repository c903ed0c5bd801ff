/** Runs work as soon as fewer than `most` others run, in the order of asking. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Holds work back here rather than at a gateway: what waits in the gateway's own queue waits against
 * the deadline of its request.
 */
export function createTurns(most: () => number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most()) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}
