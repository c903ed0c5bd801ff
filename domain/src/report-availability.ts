import type { AvailabilityFigures } from './api/report-types.ts';
import {
  type AvailabilityHistory,
  type AvailabilityInterval,
  type DowntimeCause,
  isImpaired,
  planAvailability,
} from './availability.ts';
import {
  type Election,
  type PollPhase,
  phaseAt,
  phaseEdges,
  phaseWithoutClock,
} from './election-phase.ts';
import type { GapCause } from './footage.ts';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What is on record of one camera over a span in which it served at one place. */
export interface CameraFacts extends Span {
  readonly history: AvailabilityHistory;
  /** Recorded pieces, in order, apart from each other. They may reach beyond the span. */
  readonly recorded: readonly Span[];
  /** Typed gaps of the recording, in order of their beginnings. */
  readonly gaps: readonly (Span & { readonly cause: GapCause })[];
  /** Announced darkness of the station. */
  readonly expected: readonly Span[];
  /** The phases of the district, in order, without holes over the span. */
  readonly phases: readonly (Span & { readonly phase: PollPhase })[];
}

/** Camera time of one phase, in milliseconds, as it is kept and added up. */
export interface CameraTime {
  readonly observedMs: number;
  readonly upMs: number;
  readonly downMs: number;
  readonly expectedMs: number;
  readonly oursMs: number;
  readonly unknownMs: number;
  readonly downByCauseMs: Readonly<Record<DowntimeCause, number>>;
  readonly impairedMs: number;
  readonly recordedMs: number;
  readonly notRecordedOursMs: number;
  readonly outages: number;
}

/** Gaps that say something of the camera; the others are ours, or say nothing of it. */
const cameraGap: Readonly<Partial<Record<GapCause, DowntimeCause>>> = {
  unreachable: 'network',
  refused: 'credentials',
  'sessions-exhausted': 'camera',
  failed: 'camera',
  silent: 'camera',
};
const ourGaps: readonly GapCause[] = ['disk', 'restart'];

interface Piece extends Span {
  readonly phase: PollPhase;
  readonly verdict: 'up' | 'down' | 'expected' | 'ours' | 'unknown';
  readonly cause: DowntimeCause | null;
  readonly impaired: boolean;
  readonly recorded: boolean;
  readonly oursNotRecorded: boolean;
  /** It began within the span, as far as the facts tell. */
  readonly fresh: boolean;
}

/**
 * A camera's time by phase, from facts: what was recorded came, whatever was thought of the camera; a
 * picture of nothing (covered, dark, frozen) is none, though it was recorded; what a gap says of the
 * camera holds where nobody watched. Adding the times of adjoining spans gives the time of both.
 */
export function sumCameraFacts(facts: CameraFacts): ReadonlyMap<PollPhase, CameraTime> {
  const times = new Map<PollPhase, MutableTime>();
  let wasDark = false;
  for (const piece of planPieces(facts)) {
    const time = times.get(piece.phase) ?? emptyTime();
    times.set(piece.phase, time);
    const ms = piece.toMs - piece.fromMs;
    time.observedMs += ms;
    if (piece.verdict === 'up') {
      time.upMs += ms;
      if (piece.impaired) time.impairedMs += ms;
    } else if (piece.verdict === 'down') {
      time.downMs += ms;
      time.downByCauseMs[piece.cause ?? 'camera'] += ms;
    } else if (piece.verdict === 'expected') time.expectedMs += ms;
    else if (piece.verdict === 'ours') time.oursMs += ms;
    else time.unknownMs += ms;
    if (piece.recorded) time.recordedMs += ms;
    else if (piece.oursNotRecorded) time.notRecordedOursMs += ms;
    const isDark = piece.verdict === 'down' || piece.verdict === 'expected';
    if (piece.verdict === 'down' && !wasDark && piece.fresh) time.outages += 1;
    wasDark = isDark;
  }
  return times;
}

function planPieces(facts: CameraFacts): readonly Piece[] {
  const { fromMs, toMs } = facts;
  const states = planAvailability(facts.history, fromMs, toMs);
  const cuts = new Set<number>([fromMs, toMs]);
  for (const list of [states, facts.recorded, facts.gaps, facts.expected, facts.phases]) {
    for (const span of list) {
      for (const atMs of [span.fromMs, span.toMs]) if (atMs > fromMs && atMs < toMs) cuts.add(atMs);
    }
  }
  const edges = [...cuts].sort((a, b) => a - b);
  const state = follow(states);
  const recorded = follow(facts.recorded);
  const phase = follow(facts.phases);
  const pieces: Piece[] = [];
  for (const [index, edgeMs] of edges.entries()) {
    const endMs = edges[index + 1];
    if (endMs === undefined) break;
    const now = state(edgeMs);
    if (now === null) continue;
    const gap = facts.gaps.find((one) => one.fromMs <= edgeMs && one.toMs >= endMs) ?? null;
    const isRecorded = recorded(edgeMs) !== null;
    const judged = judge(now, isRecorded, gap?.cause ?? null);
    const announced = facts.expected.some((one) => one.fromMs <= edgeMs && one.toMs >= endMs);
    const isExpected = judged.verdict === 'down' && announced;
    const begins = facts.history.transitions.some((one) => one.atMs === edgeMs);
    pieces.push({
      ...{ fromMs: edgeMs, toMs: endMs, phase: phase(edgeMs)?.phase ?? 'drill' },
      verdict: isExpected ? 'expected' : judged.verdict,
      cause: judged.cause,
      impaired: isImpaired(now.state),
      recorded: isRecorded,
      oursNotRecorded: gap !== null && ourGaps.includes(gap.cause),
      fresh: edgeMs > fromMs || begins || gap?.fromMs === edgeMs,
    });
  }
  return pieces;
}

function judge(
  state: AvailabilityInterval,
  recorded: boolean,
  gap: GapCause | null,
): Pick<Piece, 'verdict' | 'cause'> {
  const blank = state.state === 'COVERED' || state.state === 'DARK' || state.state === 'FROZEN';
  if (state.verdict === 'down' && (blank || !recorded)) {
    return { verdict: 'down', cause: state.cause };
  }
  if (recorded) return { verdict: 'up', cause: null };
  const cause = gap === null ? undefined : cameraGap[gap];
  if (cause !== undefined) return { verdict: 'down', cause };
  if (state.verdict === 'unknown' && gap !== null && ourGaps.includes(gap)) {
    return { verdict: 'ours', cause: null };
  }
  return { verdict: state.verdict, cause: null };
}

/** Looks up which of ordered spans holds at a time; times are asked for in order. */
function follow<S extends Span>(spans: readonly S[]): (atMs: number) => S | null {
  let index = 0;
  return (atMs) => {
    while (index < spans.length && (spans[index]?.toMs ?? 0) <= atMs) index += 1;
    const span = spans[index];
    return span !== undefined && span.fromMs <= atMs ? span : null;
  };
}

type MutableTime = {
  -readonly [K in keyof CameraTime]: K extends 'downByCauseMs'
    ? Record<DowntimeCause, number>
    : CameraTime[K];
};

function emptyTime(): MutableTime {
  return {
    ...{ observedMs: 0, upMs: 0, downMs: 0, expectedMs: 0, oursMs: 0, unknownMs: 0 },
    downByCauseMs: { network: 0, credentials: 0, camera: 0, view: 0 },
    ...{ impairedMs: 0, recordedMs: 0, notRecordedOursMs: 0, outages: 0 },
  };
}

/** Camera time with its shares. */
export function toFigures(time: CameraTime, cameras: number): AvailabilityFigures {
  const judgedMs = time.upMs + time.downMs;
  const dueMs = time.observedMs - time.expectedMs;
  return {
    cameras,
    ...time,
    availabilityPercent: judgedMs === 0 ? null : (time.upMs / judgedMs) * 100,
    recordedPercent: dueMs <= 0 ? null : Math.min(100, (time.recordedMs / dueMs) * 100),
  };
}

/** The phases of a district over a span; where no clock was set, the phase without one. */
export function planPhaseSpans(
  elections: readonly Election[],
  districtCode: string,
  { fromMs, toMs }: Span,
): CameraFacts['phases'] {
  const inside = phaseEdges(elections, districtCode).filter((ms) => ms > fromMs && ms < toMs);
  const edges = [fromMs, ...inside, toMs];
  return edges.slice(0, -1).map((edgeMs, index) => ({
    fromMs: edgeMs,
    toMs: edges[index + 1] ?? toMs,
    phase: phaseAt(elections, districtCode, edgeMs)?.phase ?? phaseWithoutClock,
  }));
}
