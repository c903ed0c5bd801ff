/** Waits between attempts to reach the server: 0.5 s doubling to 15 s, each drawn from its upper half. */
export const backoffPolicy = { firstMs: 500, longestMs: 15_000 } as const;

/**
 * The wait before attempt `attempt` (0 for the first retry). `random` is in [0, 1): after a server
 * restart a control room's hundred consoles must not come back in the same instant.
 */
export function backoffDelayMs(attempt: number, random: number): number {
  const ceilingMs = Math.min(backoffPolicy.longestMs, backoffPolicy.firstMs * 2 ** attempt);
  return Math.round(ceilingMs * (0.5 + random / 2));
}
