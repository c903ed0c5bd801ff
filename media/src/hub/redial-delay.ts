import type { MediaErrorCode } from '../media-error.ts';
import type { StreamStop } from './stream-hub-types.ts';

export interface RedialSettings {
  /** Back-off of ordinary faults: doubles from `firstMs` to `maxMs`, half of it jitter. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** A session that flowed for so long starts the back-off anew. */
  readonly stableAfterMs: number;
  /** A login that was refused is not offered again for so long: a camera may lock the account. */
  readonly refusedForMs: number;
  /** Back-off where no login was offered (none is known, or the scheme is not), doubling. */
  readonly refusedFirstMs: number;
  readonly refusedMaxMs: number;
  /** After the camera has no session left. */
  readonly exhaustedMs: number;
  /** After a flood, or no descriptor left on this node. */
  readonly limitMs: number;
}

export const DEFAULT_REDIAL_SETTINGS: RedialSettings = {
  firstMs: 500,
  maxMs: 10_000,
  stableAfterMs: 10_000,
  refusedForMs: 24 * 3_600_000,
  refusedFirstMs: 60_000,
  refusedMaxMs: 900_000,
  exhaustedMs: 5000,
  limitMs: 30_000,
};

/** Whether trying again with the same credential could lock the account. */
export function isCredentialFault(code: MediaErrorCode): boolean {
  return code === 'AUTH_REFUSED' || code === 'AUTH_UNSUPPORTED';
}

/**
 * How long to wait before dialling again, in milliseconds. `failures` counts those of this
 * kind (credential or other) in a row, this one included; `random` is uniform in [0, 1).
 */
export function redialDelayMs(
  stop: StreamStop,
  failures: number,
  random: number,
  settings: RedialSettings,
): number {
  const doublings = Math.min(30, Math.max(0, failures - 1));
  const code = stop.error?.code;
  if (code !== undefined && isCredentialFault(code)) {
    const delayMs = Math.min(settings.refusedMaxMs, settings.refusedFirstMs * 2 ** doublings);
    return delayMs * (1 + random / 5);
  }
  switch (code) {
    case 'SESSIONS_EXHAUSTED':
      return settings.exhaustedMs * (0.8 + random * 0.4);
    case 'LIMIT_EXCEEDED':
      return settings.limitMs * (0.8 + random * 0.4);
    default: {
      const delayMs = Math.min(settings.maxMs, settings.firstMs * 2 ** doublings);
      return delayMs * (0.5 + random / 2);
    }
  }
}
