import type { CameraId } from './camera.ts';

/** An hour of one camera's footage on one volume. Times in microseconds since the Unix epoch. */
export interface FootagePiece {
  readonly cameraId: CameraId;
  readonly volume: string;
  readonly startUs: number;
  readonly endUs: number;
  readonly sizeBytes: number;
}

/** Footage that must not be deleted, whatever the policy or the disk says, until it is released. */
export interface LegalHold {
  readonly id: number;
  readonly cameraId: CameraId;
  readonly fromUs: number;
  readonly toUs: number;
}

/** From the opening of the poll until the count is over nothing that was recorded in it goes. */
export interface ElectionPhase {
  readonly kind: 'poll' | 'count';
  readonly sinceUs: number;
}

export interface RetentionPolicy {
  /** Older footage goes; null: only for want of space. */
  readonly keepDays: number | null;
  /** Younger footage never goes: the disk is rather full. */
  readonly minimumDays: number;
  /** All footage of the node together; null: as much as the volumes hold. */
  readonly quotaBytes: number | null;
  readonly phase: ElectionPhase | null;
}

export interface VolumeSpace {
  readonly volume: string;
  readonly freeBytes: number;
  /** Below this footage begins to go (the high watermark of use). */
  readonly beginBelowFreeBytes: number;
  /** At this it stops to go (the low watermark of use); at least the former. */
  readonly stopAtFreeBytes: number;
}

export interface RetentionInput {
  readonly pieces: readonly FootagePiece[];
  /** Of all footage, also that which `pieces` leaves out. */
  readonly footageBytes: number;
  readonly policy: RetentionPolicy;
  readonly holds: readonly LegalHold[];
  readonly volumes: readonly VolumeSpace[];
}

export const removalReasons = ['age', 'quota', 'space'] as const;
/** Older than is kept; more than the quota; the volume ran short. */
export type RemovalReason = (typeof removalReasons)[number];

export interface PlannedRemoval {
  readonly piece: FootagePiece;
  readonly reason: RemovalReason;
}

const dayUs = 86_400_000_000;

/** The holds that reach into a span (its end left out; an instant counts). */
export function holdsOn(
  span: Pick<FootagePiece, 'cameraId' | 'startUs' | 'endUs'>,
  holds: readonly LegalHold[],
): readonly LegalHold[] {
  return holds.filter(
    (hold) =>
      hold.cameraId === span.cameraId && hold.fromUs <= span.endUs && hold.toUs >= span.startUs,
  );
}

/** Whether a policy and the holds let a span go at all, for whatever reason. */
export function mayGo(
  span: Pick<FootagePiece, 'cameraId' | 'startUs' | 'endUs'>,
  policy: RetentionPolicy,
  holds: readonly LegalHold[],
  nowMs: number,
): boolean {
  if (span.endUs > nowMs * 1000 - policy.minimumDays * dayUs) return false;
  if (policy.phase !== null && span.endUs > policy.phase.sinceUs) return false;
  return holdsOn(span, holds).length === 0;
}

/**
 * What is to be deleted now, oldest first: what is older than is kept, then the oldest for the quota,
 * then the oldest of each volume that ran short, until it has enough again. Held, young and
 * election-phase footage never. The same input gives the same plan; once it is carried out, nothing
 * is left to do.
 */
export function planRetention(input: RetentionInput, nowMs: number): readonly PlannedRemoval[] {
  const { policy, holds } = input;
  const oldestFirst = input.pieces
    .filter((piece) => mayGo(piece, policy, holds, nowMs))
    .sort(byAge);
  const agedUs = policy.keepDays === null ? null : nowMs * 1000 - policy.keepDays * dayUs;
  const reasons = new Map<FootagePiece, RemovalReason>();
  let footageBytes = input.footageBytes;
  const free = new Map(input.volumes.map(({ volume, freeBytes }) => [volume, freeBytes]));
  const remove = (piece: FootagePiece, reason: RemovalReason): void => {
    reasons.set(piece, reason);
    footageBytes -= piece.sizeBytes;
    free.set(piece.volume, (free.get(piece.volume) ?? 0) + piece.sizeBytes);
  };
  for (const piece of oldestFirst) {
    if (agedUs !== null && piece.endUs <= agedUs) remove(piece, 'age');
  }
  for (const piece of oldestFirst) {
    if (policy.quotaBytes === null || footageBytes <= policy.quotaBytes) break;
    if (!reasons.has(piece)) remove(piece, 'quota');
  }
  for (const { volume, beginBelowFreeBytes, stopAtFreeBytes } of input.volumes) {
    if ((free.get(volume) ?? 0) >= beginBelowFreeBytes) continue;
    for (const piece of oldestFirst) {
      if ((free.get(volume) ?? 0) >= stopAtFreeBytes) break;
      if (piece.volume === volume && !reasons.has(piece)) remove(piece, 'space');
    }
  }
  return oldestFirst.flatMap((piece) => {
    const reason = reasons.get(piece);
    return reason === undefined ? [] : [{ piece, reason }];
  });
}

function byAge(a: FootagePiece, b: FootagePiece): number {
  return a.startUs - b.startUs || a.cameraId - b.cameraId || (a.volume < b.volume ? -1 : 1);
}
