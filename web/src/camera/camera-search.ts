export interface CameraSearch {
  /** Moment to play back, milliseconds since the Unix epoch; absent: live. */
  readonly t?: number;
}

export function parseCameraSearch(search: Record<string, unknown>): CameraSearch {
  const t = Number(search.t);
  return Number.isSafeInteger(t) && t > 0 ? { t } : {};
}
