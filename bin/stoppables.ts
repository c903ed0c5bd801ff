export interface Stoppable {
  stop(): Promise<void>;
}

/**
 * What was started, to be stopped in the opposite order. Every part is given its chance; the first
 * failure is thrown at the end.
 */
export function createStoppables() {
  const started: Stoppable[] = [];
  return {
    add<T extends Stoppable>(stoppable: T): T {
      started.push(stoppable);
      return stoppable;
    },
    async stop(): Promise<void> {
      let failure: unknown;
      for (const stoppable of started.splice(0).reverse()) {
        try {
          await stoppable.stop();
        } catch (error) {
          failure ??= error;
        }
      }
      if (failure !== undefined) throw failure;
    },
  };
}
