import type { CameraDetail, CameraView } from '@nigehban/domain/api/http-types.ts';
import { type DegradedReasonKind, faultOfReason } from '@nigehban/domain/camera-health.ts';
import type { FaultCode } from '@nigehban/domain/faults.ts';
import type { MessageKey } from '../i18n/messages.ts';
import type { StatusTone } from '../status/status-tone.ts';

/** From the outside in: each needs the ones before it. */
export const checkKinds = ['network', 'link', 'stream', 'recording', 'clock', 'view'] as const;
export type CheckKind = (typeof checkKinds)[number];

export interface CameraCheck {
  readonly kind: CheckKind;
  readonly tone: StatusTone;
  readonly text: MessageKey;
  /** What a technician does next; null when nothing. */
  readonly next: MessageKey | null;
  readonly evidence: string | null;
}

/** Up to here a clock is called right, from `farMs` on wrong: the camera's state follows the latter. */
export const clockRightMs = 2_000;
const clockFarMs = 5_000;

type Verdict = Omit<CameraCheck, 'kind'>;
type Facts = Pick<CameraView, 'state' | 'fault' | 'registered' | 'recording' | 'approval'>;

const networkFaults: readonly FaultCode[] = ['CAMERA_UNREACHABLE', 'CAMERA_TIMEOUT'];
const waits: Verdict = { tone: 'none', text: 'check.waits', next: null, evidence: null };

/**
 * The six traffic lights of a camera. Where a light is red, those behind it wait: what cannot be
 * reached has no picture to judge.
 */
export function checkCamera(
  camera: Facts,
  detail: Pick<CameraDetail, 'reasons' | 'clockOffsetMs' | 'evidence'>,
): readonly CameraCheck[] {
  const { state, fault } = camera;
  const ok = (text: MessageKey): Verdict => ({ tone: 'ok', text, next: null, evidence: null });
  const faulty = (code: FaultCode, tone: StatusTone = 'bad'): Verdict => ({
    tone,
    text: `fault.${code}`,
    next: `fault.${code}.next`,
    evidence: detail.evidence,
  });
  const reasonOf = (kinds: readonly DegradedReasonKind[], tone: StatusTone): Verdict | null => {
    const reason = detail.reasons.find((one) => kinds.includes(one.kind));
    if (reason === undefined) return null;
    const code = faultOfReason[reason.kind];
    return { ...faulty(code, tone), evidence: reason.evidence };
  };

  const network = (): Verdict => {
    if (state === 'UNREACHABLE') return faulty(fault ?? 'CAMERA_UNREACHABLE');
    if (fault !== null && networkFaults.includes(fault)) return faulty(fault);
    if (state === 'SUSPECTED') {
      return { tone: 'pending', text: 'check.network.checking', next: null, evidence: null };
    }
    if (state === 'UNKNOWN' && !camera.registered) {
      return {
        tone: 'none',
        text: 'check.network.unknown',
        next: 'check.network.unknown.next',
        evidence: null,
      };
    }
    return reasonOf(['unsteady', 'packet-loss'], 'warn') ?? ok('check.network.ok');
  };
  const reached = network();
  const isReached = reached.tone === 'ok' || reached.tone === 'warn';

  const link = (): Verdict => {
    if (!isReached) return waits;
    if (state === 'REFUSED') return faulty(fault ?? 'CAMERA_AUTH_REFUSED');
    if (state === 'FAILED') return faulty(fault ?? 'CAMERA_ANSWER_INVALID');
    if (!camera.registered) {
      return {
        tone: 'warn',
        text: 'camera.notRegistered',
        next: 'check.link.unregistered.next',
        evidence: null,
      };
    }
    return ok('check.link.ok');
  };
  const answers = link();

  const stream = (): Verdict => {
    if (answers.tone !== 'ok') return waits;
    if (state === 'SILENT') return faulty('CAMERA_SILENT');
    if (state === 'FROZEN') return faulty('CAMERA_FROZEN');
    if (state === 'UNKNOWN') return waits;
    return (
      reasonOf(
        ['low-frame-rate', 'key-frame-interval', 'wrong-codec', 'wrong-resolution', 'policy-drift'],
        'warn',
      ) ?? ok('check.stream.ok')
    );
  };
  const flows = stream();
  const isFlowing = flows.tone === 'ok' || flows.tone === 'warn';

  const recording = (): Verdict => {
    const reason = reasonOf(['not-recorded'], 'bad') ?? reasonOf(['storage'], 'warn');
    if (reason !== null) return reason;
    if (camera.recording) return ok('check.recording.ok');
    if (!isFlowing) return waits;
    return { ...faulty('CAMERA_NOT_RECORDED'), evidence: null };
  };

  const clock = (): Verdict => {
    const offsetMs = detail.clockOffsetMs;
    if (offsetMs === null) {
      return { tone: 'none', text: 'check.clock.unknown', next: null, evidence: null };
    }
    const size = Math.abs(offsetMs);
    if (size <= clockRightMs) return ok('check.clock.ok');
    return {
      tone: size > clockFarMs ? 'bad' : 'warn',
      text: 'fault.CAMERA_CLOCK_SKEWED',
      next: 'check.clock.next',
      evidence: null,
    };
  };

  const view = (): Verdict => {
    if (state === 'COVERED' || state === 'DARK') return faulty(`CAMERA_${state}`);
    if (state === 'MOVED' || state === 'BLURRED') return faulty(`CAMERA_${state}`, 'warn');
    const reason = reasonOf(['tamper-reported'], 'warn');
    if (reason !== null) return reason;
    if (camera.approval === 'unapproved') {
      return {
        tone: 'pending',
        text: 'fault.VIEW_UNAPPROVED',
        next: 'fault.VIEW_UNAPPROVED.next',
        evidence: null,
      };
    }
    return isFlowing ? ok('check.view.ok') : waits;
  };

  return [
    { kind: 'network', ...reached },
    { kind: 'link', ...answers },
    { kind: 'stream', ...flows },
    { kind: 'recording', ...recording() },
    { kind: 'clock', ...clock() },
    { kind: 'view', ...view() },
  ];
}
