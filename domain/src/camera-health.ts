import type { FaultCode } from './faults.ts';

/** Why a camera whose picture is there is DEGRADED, the gravest first. */
export const degradedReasonKinds = [
  'not-recorded',
  'storage',
  'tamper-reported',
  'unsteady',
  'packet-loss',
  'low-frame-rate',
  'key-frame-interval',
  'wrong-codec',
  'wrong-resolution',
  'clock-offset',
  'policy-drift',
] as const;
export type DegradedReasonKind = (typeof degradedReasonKinds)[number];

/** The fault of each reason: its catalogue entry says what a technician does next. */
export const faultOfReason: Readonly<Record<DegradedReasonKind, FaultCode>> = {
  'not-recorded': 'CAMERA_NOT_RECORDED',
  storage: 'CAMERA_STORAGE_FAILED',
  'tamper-reported': 'CAMERA_TAMPER_REPORTED',
  unsteady: 'CAMERA_UNSTEADY',
  'packet-loss': 'CAMERA_PACKETS_LOST',
  'low-frame-rate': 'CAMERA_FRAME_RATE_LOW',
  'key-frame-interval': 'CAMERA_KEY_FRAMES_RARE',
  'wrong-codec': 'CAMERA_STREAM_DIFFERS',
  'wrong-resolution': 'CAMERA_STREAM_DIFFERS',
  'clock-offset': 'CAMERA_CLOCK_SKEWED',
  'policy-drift': 'CAMERA_POLICY_DRIFT',
};

/** One reason in force. */
export interface DegradedReason {
  readonly kind: DegradedReasonKind;
  readonly fault: FaultCode;
  readonly sinceMs: number;
  /** Measure in one line, safe to show. */
  readonly evidence: string;
}

/** How a measure stands to its thresholds; `between` neither enters nor leaves. */
export type HealthLevel = 'good' | 'between' | 'bad';

/** One condition with its hysteresis: `bad` for long enough makes it active, `good` for long enough ends it. */
export interface HealthCondition {
  readonly level: HealthLevel;
  readonly levelSinceMs: number;
  /** Null: it is no reason now. */
  readonly activeSinceMs: number | null;
  readonly evidence: string;
}

/** Conditions that are not plainly well. */
export type HealthConditions = Readonly<Partial<Record<DegradedReasonKind, HealthCondition>>>;

/** Measures of a recorded stream between two of its counters; null: not known. */
export interface StreamMeasure {
  readonly frameRateFps: number | null;
  /** As the camera was registered. */
  readonly expectedFrameRateFps: number | null;
  readonly keyFrameIntervalMs: number | null;
  /** Packets lost of those sent, 0 to 1. */
  readonly lossShare: number | null;
  readonly bitrateKbps: number | null;
  readonly clockOffsetMs: number | null;
  /** False: frames come and are not written. */
  readonly recorded: boolean | null;
  /** How far the disk is behind the camera. */
  readonly queuedForMs: number | null;
  /** What was found and what was registered, where they differ; null: as registered. */
  readonly codecDiffers: string | null;
  readonly resolutionDiffers: string | null;
  /** What else of the camera is not as its policy wants it: the items' names. */
  readonly policyDiffers?: string | null;
}

interface Thresholds {
  /** Bad beyond this, … */
  readonly enter: number;
  /** … good from here on. */
  readonly leave: number;
}

export interface CameraHealthPolicy {
  /** Share of the registered frame rate. */
  readonly frameRateShare: Thresholds;
  readonly keyFrameIntervalMs: Thresholds;
  readonly lossShare: Thresholds;
  readonly clockOffsetMs: Thresholds;
  readonly queuedForMs: Thresholds;
  /** A measure must be bad, or good, for this long. */
  readonly enterAfterMs: number;
  readonly leaveAfterMs: number;
  /** A camera's own tamper event counts by itself after this, where nobody looks at its pictures. */
  readonly tamperAloneAfterMs: number;
}

export const defaultCameraHealthPolicy: CameraHealthPolicy = {
  frameRateShare: { enter: 0.6, leave: 0.75 },
  keyFrameIntervalMs: { enter: 10_000, leave: 8_000 },
  lossShare: { enter: 0.02, leave: 0.005 },
  clockOffsetMs: { enter: 5_000, leave: 2_000 },
  queuedForMs: { enter: 10_000, leave: 2_000 },
  enterAfterMs: 30_000,
  leaveAfterMs: 30_000,
  tamperAloneAfterMs: 30_000,
};

/** What a measure says of one condition; `level` null: nothing. */
export interface HealthFinding {
  readonly kind: DegradedReasonKind;
  readonly level: HealthLevel;
  readonly evidence: string;
}

/** Judges a stream's measures against the policy. */
export function judgeMeasure(
  measure: StreamMeasure,
  policy: CameraHealthPolicy,
): readonly HealthFinding[] {
  const findings: HealthFinding[] = [];
  const add = (kind: DegradedReasonKind, level: HealthLevel, evidence: string) =>
    findings.push({ kind, level, evidence });
  const { frameRateFps, expectedFrameRateFps, keyFrameIntervalMs, lossShare } = measure;
  if (frameRateFps !== null && expectedFrameRateFps !== null && expectedFrameRateFps > 0) {
    const share = frameRateFps / expectedFrameRateFps;
    add(
      'low-frame-rate',
      below(share, policy.frameRateShare),
      `${round(frameRateFps)} of ${round(expectedFrameRateFps)} frames per second`,
    );
  }
  if (keyFrameIntervalMs !== null) {
    add(
      'key-frame-interval',
      above(keyFrameIntervalMs, policy.keyFrameIntervalMs),
      `a key frame every ${round(keyFrameIntervalMs / 1_000)} s`,
    );
  }
  if (lossShare !== null) {
    add(
      'packet-loss',
      above(lossShare, policy.lossShare),
      `${round(lossShare * 100)} % of the packets lost`,
    );
  }
  if (measure.clockOffsetMs !== null) findings.push(judgeClock(measure.clockOffsetMs, policy));
  if (measure.recorded !== null) {
    const queued = measure.queuedForMs ?? 0;
    add(
      'not-recorded',
      measure.recorded ? above(queued, policy.queuedForMs) : 'bad',
      measure.recorded
        ? `the disk is ${round(queued / 1_000)} s behind`
        : 'frames come and are not written',
    );
  }
  add('wrong-codec', measure.codecDiffers === null ? 'good' : 'bad', measure.codecDiffers ?? '');
  add(
    'wrong-resolution',
    measure.resolutionDiffers === null ? 'good' : 'bad',
    measure.resolutionDiffers ?? '',
  );
  const drift = measure.policyDiffers ?? null;
  add('policy-drift', drift === null ? 'good' : 'bad', drift ?? '');
  return findings;
}

export function judgeClock(clockOffsetMs: number, policy: CameraHealthPolicy): HealthFinding {
  const direction = clockOffsetMs < 0 ? 'behind' : 'ahead';
  return {
    kind: 'clock-offset',
    level: above(Math.abs(clockOffsetMs), policy.clockOffsetMs),
    evidence: `its clock is ${round(Math.abs(clockOffsetMs) / 1_000)} s ${direction}`,
  };
}

/** Notes findings; the same level again only renews the evidence. Well and inactive ones are forgotten. */
export function noteFindings(
  conditions: HealthConditions,
  findings: readonly HealthFinding[],
  nowMs: number,
): HealthConditions {
  let next: Partial<Record<DegradedReasonKind, HealthCondition>> | null = null;
  for (const { kind, level, evidence } of findings) {
    const former = (next ?? conditions)[kind];
    if (former === undefined && level !== 'bad') continue;
    if (former?.level === level && former.evidence === evidence) continue;
    next ??= { ...conditions };
    next[kind] = {
      level,
      levelSinceMs: former?.level === level ? former.levelSinceMs : nowMs,
      activeSinceMs: former?.activeSinceMs ?? null,
      // What an active reason says last stays readable while it fades.
      evidence: level === 'good' && former !== undefined ? former.evidence : evidence,
    };
  }
  return next ?? conditions;
}

/** Lets time pass: conditions enter and leave as the policy says. Same object when nothing changes. */
export function settleConditions(
  conditions: HealthConditions,
  nowMs: number,
  policy: CameraHealthPolicy,
): HealthConditions {
  let next: Partial<Record<DegradedReasonKind, HealthCondition>> | null = null;
  for (const kind of degradedReasonKinds) {
    const condition = conditions[kind];
    if (condition === undefined) continue;
    const forMs = nowMs - condition.levelSinceMs;
    if (condition.level === 'bad') {
      if (condition.activeSinceMs !== null || forMs < enterAfter(kind, policy)) continue;
      next ??= { ...conditions };
      next[kind] = { ...condition, activeSinceMs: nowMs };
    } else if (condition.activeSinceMs === null) {
      next ??= { ...conditions };
      delete next[kind];
    } else if (condition.level === 'good' && forMs >= policy.leaveAfterMs) {
      next ??= { ...conditions };
      delete next[kind];
    }
  }
  return next ?? conditions;
}

/** The stream broke: what was measured of it proves nothing until it is measured again. */
export function suspendStreamConditions(
  conditions: HealthConditions,
  nowMs: number,
): HealthConditions {
  const suspended = streamConditions.flatMap((kind) => {
    const condition = conditions[kind];
    return condition === undefined || condition.level === 'between'
      ? []
      : [{ kind, level: 'between' as const, evidence: condition.evidence }];
  });
  return noteFindings(conditions, suspended, nowMs);
}

/** Reasons in force, the gravest first. */
export function reasonsOf(conditions: HealthConditions): readonly DegradedReason[] {
  return degradedReasonKinds.flatMap((kind) => {
    const condition = conditions[kind];
    if (condition === undefined || condition.activeSinceMs === null) return [];
    return [
      {
        kind,
        fault: faultOfReason[kind],
        sinceMs: condition.activeSinceMs,
        evidence: condition.evidence,
      },
    ];
  });
}

const streamConditions: readonly DegradedReasonKind[] = [
  'low-frame-rate',
  'key-frame-interval',
  'packet-loss',
  'not-recorded',
];

function enterAfter(kind: DegradedReasonKind, policy: CameraHealthPolicy): number {
  if (kind === 'storage' || kind === 'unsteady') return 0;
  if (kind === 'tamper-reported') return policy.tamperAloneAfterMs;
  return policy.enterAfterMs;
}

function above(value: number, { enter, leave }: Thresholds): HealthLevel {
  return value > enter ? 'bad' : value <= leave ? 'good' : 'between';
}

function below(value: number, { enter, leave }: Thresholds): HealthLevel {
  return value < enter ? 'bad' : value >= leave ? 'good' : 'between';
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
