import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CameraModel } from './camera-models.ts';
import { type CameraCounters, CameraState } from './camera-state.ts';
import { DiscoveryResponder } from './discovery.ts';
import type { CameraFault, FaultKind } from './faults.ts';
import type { FleetCameraPlan } from './fleet-plan.ts';
import { EventSubscriptions } from './onvif/event-subscriptions.ts';
import { type EncoderSettings, type OnvifCamera, streamUri } from './onvif/onvif-camera.ts';
import { OnvifServer } from './onvif/onvif-server.ts';
import type { StreamName } from './rtsp/rtsp-connection.ts';
import { RtspServer } from './rtsp/rtsp-server.ts';
import type { CameraClips } from './streams/clip.ts';
import { LiveEncoder } from './streams/live-encoder.ts';
import type { NowMs, TimerWheel } from './timer-wheel.ts';

export interface CameraSurroundings {
  readonly wheel: TimerWheel;
  readonly now: NowMs;
  readonly random: () => number;
  readonly epochMs: number;
  readonly rtspSessionTimeoutMs: number | null;
  readonly rtspNonceLifetimeMs: number | null;
  readonly rebootMs: number;
}

/** A camera as the control API and tests see it. */
export interface CameraStatus {
  readonly id: string;
  readonly stationId: string;
  readonly modelName: string;
  readonly address: string;
  readonly httpPort: number;
  readonly rtspPort: number;
  readonly serial: string;
  readonly mac: string;
  readonly streams: Readonly<Record<StreamName, string>>;
  readonly faults: readonly CameraFault[];
  readonly isPluggedIn: boolean;
  readonly rtspSessions: number;
  readonly eventSubscriptions: number;
  readonly isLockedOut: boolean;
  readonly counters: CameraCounters;
}

const oneTimeFaults: readonly FaultKind[] = [
  ...(['timestamp-jump', 'mid-gop-cut', 'session-expiry'] as const),
  ...(['subscription-lost', 'event'] as const),
];

/** One simulated camera: its encoders, its ONVIF, RTSP and discovery sides, and its faults. */
export class SimulatedCamera {
  readonly discovery: DiscoveryResponder;
  readonly #state: CameraState;
  readonly #onvifCamera: OnvifCamera;
  readonly #onvif: OnvifServer;
  readonly #rtsp: RtspServer;
  readonly #surroundings: CameraSurroundings;
  /** Plugging in and out take turns, so that neither overtakes the other. */
  #turn: Promise<void> = Promise.resolve();
  #isPluggedIn = false;
  #isStopped = false;
  #isRebooting = false;

  constructor(
    plan: FleetCameraPlan,
    model: CameraModel,
    clips: CameraClips,
    surroundings: CameraSurroundings,
  ) {
    const { now, random, wheel, epochMs } = surroundings;
    const encoder = (normal: keyof CameraClips & StreamName) =>
      new LiveEncoder(
        {
          normal: clips[normal],
          frozen: clips[`${normal}Frozen`],
          changed: clips[`${normal}Changed`],
        },
        wheel,
        now,
        epochMs,
      );
    const { audio } = clips;
    const encoders = {
      main: encoder('main'),
      sub: encoder('sub'),
      audio:
        audio === null
          ? null
          : new LiveEncoder({ normal: audio, frozen: audio, changed: audio }, wheel, now, epochMs),
    };
    const settings = (bitrateKilobits: number): EncoderSettings => ({
      isSmall: false,
      quality: 4,
      bitrateKilobits,
    });
    this.#surroundings = surroundings;
    this.#state = new CameraState(plan, model, now, random, 0);
    this.#onvifCamera = {
      state: this.#state,
      encoders,
      settings: { main: settings(1500), sub: settings(400) },
      mainSizes: [clips.main, clips.mainChanged],
      subscriptions: new EventSubscriptions(wheel, now),
      applySettings: () => this.#applyModes(),
      reboot: () => this.#reboot(),
    };
    const newNonce = () => randomBytes(16).toString('hex');
    this.#onvif = new OnvifServer(this.#onvifCamera, clips.snapshots, wheel, newNonce);
    this.#rtsp = new RtspServer(
      this.#state,
      encoders,
      wheel,
      newNonce,
      surroundings.rtspSessionTimeoutMs,
      surroundings.rtspNonceLifetimeMs,
    );
    this.discovery = new DiscoveryResponder(this.#onvifCamera, randomUUID);
  }

  get plan(): FleetCameraPlan {
    return this.#state.plan;
  }

  /**
   * Puts another device into this one's place: its connections break, and who connects again meets
   * the other serial and MAC.
   */
  async setIdentity(identity: Pick<FleetCameraPlan, 'serial' | 'mac'>): Promise<void> {
    const faults = [...this.#state.faults.values()];
    await this.setFaults([...faults, { kind: 'unplugged' }]);
    this.#state.takeIdentity(identity);
    await this.setFaults(faults);
  }

  /** The address of a stream as ONVIF gives it, without credentials. */
  streamUri(stream: StreamName): string {
    return streamUri(this.#onvifCamera, stream);
  }

  get counters(): CameraCounters {
    return this.#state.counters;
  }

  status(): CameraStatus {
    const { id, stationId, modelName, address, httpPort, rtspPort, serial, mac } = this.plan;
    return {
      id,
      stationId,
      modelName,
      address,
      httpPort,
      rtspPort,
      serial,
      mac,
      streams: { main: this.streamUri('main'), sub: this.streamUri('sub') },
      faults: [...this.#state.faults.values()],
      isPluggedIn: this.#isPluggedIn,
      rtspSessions: this.#rtsp.sessionCount,
      eventSubscriptions: this.#onvifCamera.subscriptions.count,
      isLockedOut: this.#state.isLockedOut,
      counters: this.#state.counters,
    };
  }

  /** Answers an ONVIF request that a crowd's common listener took for this camera. */
  serveOnvif(request: IncomingMessage, response: ServerResponse): void {
    this.#onvif.serve(request, response);
  }

  /** Sets faults of a camera that has no listeners of its own. */
  presetFaults(faults: readonly CameraFault[]): void {
    this.#state.faults = new Map(faults.map((fault) => [fault.kind, fault]));
  }

  start(): Promise<void> {
    return this.#settlePlug();
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#settlePlug();
  }

  /** Replaces the camera's faults; settles when listeners are as the faults say. */
  async setFaults(faults: readonly CameraFault[]): Promise<void> {
    const lasting = faults.filter(({ kind }) => !oneTimeFaults.includes(kind));
    if (lasting.length > 0 || faults.length === 0) {
      this.#state.faults = new Map(lasting.map((fault) => [fault.kind, fault]));
    }
    for (const fault of faults) {
      if (fault.kind === 'timestamp-jump') this.#rtsp.jumpTimestamps(fault.seconds);
      if (fault.kind === 'mid-gop-cut') this.#rtsp.cutPlayingSessions();
      if (fault.kind === 'session-expiry') this.#rtsp.forgetSessions();
      const { subscriptions } = this.#onvifCamera;
      if (fault.kind === 'subscription-lost') subscriptions.forgetAll();
      if (fault.kind === 'event') subscriptions.tell(fault.event, fault.active);
    }
    this.#applyModes();
    this.#rtsp.reactToFaults();
    this.#onvif.reactToFaults();
    await this.#settlePlug();
  }

  #applyModes(): void {
    const { encoders, settings } = this.#onvifCamera;
    const isFrozen = this.#state.hasFault('frozen');
    const isChanged = this.#state.hasFault('parameter-change');
    for (const stream of ['main', 'sub'] as const) {
      const mode = settings[stream].isSmall !== isChanged ? 'changed' : 'normal';
      encoders[stream].setMode(isFrozen ? 'frozen' : mode);
    }
  }

  #reboot(): void {
    const { wheel, now, rebootMs } = this.#surroundings;
    this.#state.counters.reboots += 1;
    // The answer to the request leaves first.
    wheel.schedule(now() + 200, () => {
      this.#isRebooting = true;
      this.#onvifCamera.subscriptions.forgetAll();
      void this.#settlePlug();
      wheel.schedule(now() + rebootMs, () => {
        this.#isRebooting = false;
        void this.#settlePlug();
      });
    });
  }

  #settlePlug(): Promise<void> {
    const settle = async () => {
      const isWanted = !this.#isStopped && !this.#isRebooting && !this.#state.hasFault('unplugged');
      if (isWanted === this.#isPluggedIn) return;
      this.#isPluggedIn = isWanted;
      const sides = [this.#onvif, this.#rtsp, this.discovery];
      await Promise.all(sides.map((side) => (isWanted ? side.listen() : side.unplug())));
    };
    const turn = this.#turn.then(settle);
    // A failed turn is reported to its caller and does not stop the next.
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
