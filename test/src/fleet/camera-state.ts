import type { CameraModel } from './camera-models.ts';
import type { Credentials } from './digest-authority.ts';
import type { CameraFault, FaultKind, FaultSet } from './faults.ts';
import type { FleetCameraPlan } from './fleet-plan.ts';
import type { NowMs } from './timer-wheel.ts';

/** What a camera has seen and done since the fleet started. */
export interface CameraCounters {
  rtspConnections: number;
  rtspSessionsOpened: number;
  rtspSessionsTimedOut: number;
  rtspAuthFailures: number;
  rtspRequests: Record<string, number>;
  rtpFramesSent: number;
  rtpPacketsSent: number;
  rtpPacketsLost: number;
  /** Sent behind a later one. */
  rtpPacketsReordered: number;
  rtpBytesSent: number;
  /** Datagrams that clients sent to RTCP ports. */
  rtcpReceived: number;
  onvifRequests: Record<string, number>;
  onvifAuthFailures: number;
  /** Times that too many wrong passwords locked everybody out. */
  lockOuts: number;
  /** Requests with a password, right or wrong, that were refused because of a lock-out. */
  refusedWhileLocked: number;
  snapshots: number;
  synchronizationPoints: number;
  discoveryProbes: number;
  reboots: number;
  eventsSent: number;
}

function zeroCounters(): CameraCounters {
  return {
    rtspConnections: 0,
    rtspSessionsOpened: 0,
    rtspSessionsTimedOut: 0,
    rtspAuthFailures: 0,
    rtspRequests: {},
    rtpFramesSent: 0,
    rtpPacketsSent: 0,
    rtpPacketsLost: 0,
    rtpPacketsReordered: 0,
    rtpBytesSent: 0,
    rtcpReceived: 0,
    onvifRequests: {},
    onvifAuthFailures: 0,
    lockOuts: 0,
    refusedWhileLocked: 0,
    snapshots: 0,
    synchronizationPoints: 0,
    discoveryProbes: 0,
    reboots: 0,
    eventsSent: 0,
  };
}

/** What clients have set on a camera beside its encoders; it outlives a reboot. */
export interface DeviceSettings {
  ntpServers: readonly string[];
  isNtpFromDhcp: boolean;
  hostName: string;
  /** Of the one account that the camera has; null: the plan's. */
  password: string | null;
  readonly osds: Map<string, OsdText>;
}

/** A text that the camera burns into its picture. */
export interface OsdText {
  readonly position: string;
  /** `Plain` with `text`, or `DateAndTime`. */
  readonly kind: string;
  readonly text: string;
}

/** Adds one to a named counter. */
export function countOne(counters: Record<string, number>, name: string): void {
  counters[name] = (counters[name] ?? 0) + 1;
}

/** The state that a camera's ONVIF, RTSP and discovery sides share: faults, clock, password. */
export class CameraState {
  #plan: FleetCameraPlan;
  readonly model: CameraModel;
  readonly now: NowMs;
  readonly random: () => number;
  readonly counters: CameraCounters = zeroCounters();
  #settings: DeviceSettings | null = null;
  #wrongPasswords = 0;
  #lockedUntilMs = 0;
  #faults: FaultSet = new Map();
  #clockOffsetMs: number;
  #isClockManual = false;

  constructor(
    plan: FleetCameraPlan,
    model: CameraModel,
    now: NowMs,
    random: () => number,
    clockOffsetMs: number,
  ) {
    this.#plan = plan;
    this.model = model;
    this.now = now;
    this.random = random;
    this.#clockOffsetMs = clockOffsetMs;
  }

  get plan(): FleetCameraPlan {
    return this.#plan;
  }

  /** Another device stands at this address from now on. */
  takeIdentity(identity: Pick<FleetCameraPlan, 'serial' | 'mac'>): void {
    this.#plan = { ...this.#plan, ...identity };
  }

  get faults(): FaultSet {
    return this.#faults;
  }

  set faults(faults: FaultSet) {
    this.#faults = faults;
  }

  hasFault(kind: FaultKind): boolean {
    return this.#faults.has(kind);
  }

  /** The ordered fault of this kind with its settings. */
  fault<Kind extends FaultKind>(kind: Kind): Extract<CameraFault, { kind: Kind }> | undefined {
    const fault = this.#faults.get(kind);
    return fault !== undefined && isOfKind(fault, kind) ? fault : undefined;
  }

  /** The camera's own clock; a clock fault stands above whatever it was set to. */
  clockMs(): number {
    return this.now() + (this.fault('clock-offset')?.offsetMs ?? this.#clockOffsetMs);
  }

  get isClockManual(): boolean {
    return this.#isClockManual;
  }

  /** SetSystemDateAndTime: to this moment by hand, or to the right time by NTP (`null`). */
  setClock(clockMs: number | null): void {
    this.#isClockManual = clockMs !== null;
    this.#clockOffsetMs = clockMs === null ? 0 : clockMs - this.now();
  }

  /** The user the camera knows now. */
  get credentials(): Credentials {
    const changed = this.fault('wrong-password');
    const { username } = this.plan;
    const password = this.#settings?.password ?? this.plan.password;
    if (changed === undefined) return { username, password };
    return { username, password: changed.password ?? `${password}-changed` };
  }

  /** Made when first asked for: most cameras of a large fleet keep what they came with. */
  get settings(): DeviceSettings {
    this.#settings ??= {
      ntpServers: ['pool.ntp.org'],
      isNtpFromDhcp: false,
      hostName: `cam-${this.plan.serial}`,
      password: null,
      osds: new Map([['OSD_1', { position: 'UpperLeft', kind: 'DateAndTime', text: '' }]]),
    };
    return this.#settings;
  }

  /** True from the last wrong password that was one too many until the lock-out ends. */
  get isLockedOut(): boolean {
    return this.now() < this.#lockedUntilMs;
  }

  /**
   * Whether an offered password opens the camera: a right one does not during a lock-out. Counts
   * wrong ones and locks everybody out after too many in a row.
   */
  admit(isRight: boolean, side: 'onvif' | 'rtsp'): boolean {
    if (this.isLockedOut) {
      this.counters.refusedWhileLocked += 1;
      return false;
    }
    if (isRight) {
      this.#wrongPasswords = 0;
      return true;
    }
    if (side === 'onvif') this.counters.onvifAuthFailures += 1;
    else this.counters.rtspAuthFailures += 1;
    const rule = this.fault('lock-out') ?? this.model.onvif.lockOut;
    if (rule === null) return false;
    this.#wrongPasswords += 1;
    if (this.#wrongPasswords >= rule.attempts) {
      this.#wrongPasswords = 0;
      this.#lockedUntilMs = this.now() + rule.forMs;
      this.counters.lockOuts += 1;
    }
    return false;
  }
}

function isOfKind<Kind extends FaultKind>(
  fault: CameraFault,
  kind: Kind,
): fault is Extract<CameraFault, { kind: Kind }> {
  return fault.kind === kind;
}
