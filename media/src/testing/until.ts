/**
 * Waits until a condition holds, looking again after each turn of the event loop, so that real
 * sockets can do their part while a manual clock stands still. Rejects after `withinMs` of real time.
 */
export async function until(
  condition: () => boolean,
  what = 'condition',
  withinMs = 4000,
): Promise<void> {
  const startMs = performance.now();
  while (!condition()) {
    if (performance.now() - startMs > withinMs) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
