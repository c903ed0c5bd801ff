/** Runs work as soon as fewer than `most` others run, in the order of asking. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Holds work back here rather than at a gateway: what waits in the gateway's own queue waits against
 * the deadline of its request.
 */
export function createTurns(most: () => number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  const goOn = () => {
    while (running < most()) {
      const next = waiting.shift();
      if (next === undefined) return;
      // The place is taken here: nobody who comes before `next` runs gets it as well.
      running += 1;
      next();
    }
  };
  return async (work) => {
    if (waiting.length === 0 && running < most()) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      running -= 1;
      goOn();
    }
  };
}
