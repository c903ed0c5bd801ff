import { type CameraStateKind, isDown } from './camera-state.ts';
import type { FaultCode } from './faults.ts';

/**
 * Whose doing it was that a camera gave no picture: the way to it (power, cable, network), our
 * credentials, the camera itself, somebody at its lens.
 */
export const downtimeCauses = ['network', 'credentials', 'camera', 'view'] as const;
export type DowntimeCause = (typeof downtimeCauses)[number];

/**
 * - up: a picture came, however good.
 * - down: none did, and it was not for us.
 * - ours: the system itself did not watch (no server, media node unlinked): says nothing of the camera.
 * - unknown: nothing was known of the camera yet.
 */
export type AvailabilityVerdict = 'up' | 'down' | 'ours' | 'unknown';

export interface AvailabilityInterval {
  readonly fromMs: number;
  readonly toMs: number;
  readonly verdict: AvailabilityVerdict;
  /** Only when down. */
  readonly cause: DowntimeCause | null;
  readonly state: CameraStateKind;
  readonly fault: FaultCode | null;
}

export interface AvailabilityTransition {
  readonly atMs: number;
  readonly from: CameraStateKind;
  readonly to: CameraStateKind;
  readonly fault: FaultCode | null;
}

export interface AvailabilityHistory {
  /** State at the beginning of the range, with its fault; UNKNOWN when nobody knows. */
  readonly before: { readonly state: CameraStateKind; readonly fault: FaultCode | null };
  /** Inside the range, in order of time. */
  readonly transitions: readonly AvailabilityTransition[];
  /** When the system did not watch. May overlap each other and the range. */
  readonly unwatched: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** How a span of time divides. The parts sum up to the span. */
export interface AvailabilitySum {
  readonly fromMs: number;
  readonly toMs: number;
  readonly upMs: number;
  readonly downMs: number;
  readonly oursMs: number;
  readonly unknownMs: number;
  readonly downByCauseMs: Readonly<Record<DowntimeCause, number>>;
  /** Part of `upMs` in which the picture was not as it must be. */
  readonly impairedMs: number;
  /** Outages that began in the span. */
  readonly outages: number;
  /** up / (up + down), in percent: what is ours or unknown is left out. Null when nothing is left. */
  readonly availabilityPercent: number | null;
}

/** The history of one camera over a range as intervals without holes, in order. */
export function planAvailability(
  history: AvailabilityHistory,
  fromMs: number,
  toMs: number,
): readonly AvailabilityInterval[] {
  const states = statesOf(history, fromMs, toMs);
  const cuts = new Set<number>();
  for (const gap of history.unwatched) {
    for (const cutMs of [gap.fromMs, gap.toMs]) if (cutMs > fromMs && cutMs < toMs) cuts.add(cutMs);
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const intervals: AvailabilityInterval[] = [];
  for (const state of states) {
    const edges = [
      state.fromMs,
      ...sorted.filter((cutMs) => cutMs > state.fromMs && cutMs < state.toMs),
      state.toMs,
    ];
    for (const [index, edgeMs] of edges.entries()) {
      const endMs = edges[index + 1];
      if (endMs === undefined) break;
      const ours = history.unwatched.some((gap) => gap.fromMs <= edgeMs && gap.toMs >= endMs);
      const next: AvailabilityInterval = ours
        ? { ...state, fromMs: edgeMs, toMs: endMs, verdict: 'ours', cause: null }
        : { ...state, fromMs: edgeMs, toMs: endMs };
      const last = intervals.at(-1);
      if (last !== undefined && isSame(last, next)) {
        intervals[intervals.length - 1] = { ...last, toMs: next.toMs };
      } else intervals.push(next);
    }
  }
  return intervals;
}

/** Sums intervals up over a span that they cover. */
export function sumAvailability(
  intervals: readonly AvailabilityInterval[],
  fromMs: number,
  toMs: number,
): AvailabilitySum {
  const sum = { up: 0, down: 0, ours: 0, unknown: 0 };
  const byCause: Record<DowntimeCause, number> = { network: 0, credentials: 0, camera: 0, view: 0 };
  let impairedMs = 0;
  let outages = 0;
  for (const [index, interval] of intervals.entries()) {
    const partMs = Math.min(interval.toMs, toMs) - Math.max(interval.fromMs, fromMs);
    if (partMs <= 0) continue;
    sum[interval.verdict] += partMs;
    if (interval.verdict === 'up' && isImpaired(interval.state)) impairedMs += partMs;
    if (interval.cause === null) continue;
    byCause[interval.cause] += partMs;
    const begins = interval.fromMs >= fromMs && intervals[index - 1]?.verdict !== 'down';
    if (begins) outages += 1;
  }
  const judgedMs = sum.up + sum.down;
  return {
    fromMs,
    toMs,
    upMs: sum.up,
    downMs: sum.down,
    oursMs: sum.ours,
    unknownMs: sum.unknown,
    downByCauseMs: byCause,
    impairedMs,
    outages,
    availabilityPercent: judgedMs === 0 ? null : (sum.up / judgedMs) * 100,
  };
}

const dayMs = 86_400_000;

/** The days that a range touches, each cut to the range. Days begin at midnight of that offset (PKT: 5 h). */
export function planAvailabilityDays(
  fromMs: number,
  toMs: number,
  utcOffsetMs: number,
): readonly { readonly fromMs: number; readonly toMs: number }[] {
  const days: { fromMs: number; toMs: number }[] = [];
  let startMs = fromMs;
  while (startMs < toMs) {
    const midnightMs = (Math.floor((startMs + utcOffsetMs) / dayMs) + 1) * dayMs - utcOffsetMs;
    const endMs = Math.min(midnightMs, toMs);
    days.push({ fromMs: startMs, toMs: endMs });
    startMs = endMs;
  }
  return days;
}

function statesOf(
  { before, transitions }: AvailabilityHistory,
  fromMs: number,
  toMs: number,
): readonly AvailabilityInterval[] {
  const steps: readonly Pick<AvailabilityTransition, 'atMs' | 'to' | 'fault'>[] = [
    { atMs: fromMs, to: before.state, fault: before.fault },
    ...transitions,
  ];
  const intervals: AvailabilityInterval[] = [];
  // From the end: a suspicion was an outage when one followed, else a moment's silence.
  let followedByOutage = false;
  let endMs = toMs;
  for (const { atMs, to, fault } of steps.toReversed()) {
    const startMs = Math.max(fromMs, Math.min(atMs, endMs));
    const suspected = to === 'SUSPECTED';
    const following: AvailabilityInterval | undefined = intervals.at(-1);
    const verdict: AvailabilityVerdict = suspected
      ? followedByOutage
        ? 'down'
        : 'up'
      : to === 'UNKNOWN'
        ? 'unknown'
        : isDown(to)
          ? 'down'
          : 'up';
    if (!suspected) followedByOutage = verdict === 'down';
    const cause =
      verdict !== 'down' ? null : suspected ? (following?.cause ?? 'camera') : causeOf(to, fault);
    if (startMs < endMs) {
      intervals.push({ fromMs: startMs, toMs: endMs, verdict, cause, state: to, fault });
    }
    endMs = startMs;
  }
  return intervals.reverse();
}

function causeOf(state: CameraStateKind, fault: FaultCode | null): DowntimeCause {
  switch (state) {
    case 'UNREACHABLE':
      return 'network';
    case 'REFUSED':
      return 'credentials';
    case 'COVERED':
    case 'DARK':
      return 'view';
    default:
      return fault === 'CAMERA_UNREACHABLE' || fault === 'CAMERA_TIMEOUT' ? 'network' : 'camera';
  }
}

/** The picture comes and is not as it must be. */
export function isImpaired(state: CameraStateKind): boolean {
  return state === 'DEGRADED' || state === 'MOVED' || state === 'BLURRED' || state === 'SUSPECTED';
}

function isSame(a: AvailabilityInterval, b: AvailabilityInterval): boolean {
  return (
    a.verdict === b.verdict && a.cause === b.cause && a.state === b.state && a.fault === b.fault
  );
}
