import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { WatchFact, WatchPolicy } from '@nigehban/domain/watch-orders.ts';
import { hashText } from '../leases/plan-shards.ts';
import type { Duty, WatchDuty } from '../leases/watch-duty.ts';
import type { AskCamera, AskLimits, AskOutcome } from './ask-camera.ts';
import { createRateLimit, createWaiting } from './ask-lanes.ts';
import { PhaseWheel } from './phase-wheel.ts';
import { planSockets, type SocketBudget } from './socket-budget.ts';
import { type SweepCounters, SweepGauges, type SweepStatus } from './sweep-status.ts';
import { decideAsked, factOf, unknownVerdict } from './sweep-verdict.ts';
import { isSamePlace, mayBeTimeOut, type SweptCamera, type SweptStation } from './swept-camera.ts';

export interface SweepPorts {
  readonly clock: Clock;
  /** Milliseconds that never step, from any beginning. */
  readonly monotonicMs: () => number;
  readonly ask: AskCamera;
  readonly duty: WatchDuty;
  readonly tell: (facts: readonly WatchFact[]) => void;
  /** Open files that this process may have; null: no limit is known. */
  readonly fileLimit: number | null;
  readonly log: Logger;
}

export interface CameraSweep {
  /** How things stand with the cameras at hand, for a new link. */
  snapshot(): WatchFact[];
  status(): SweepStatus;
  stop(): void;
}

const slotMs = 25;
/** When a turn comes later than this, this process was kept from its work. */
const stallMs = 1_000;
/** An outcome that a stall may have made is asked for again, so often in a row. */
const maxSpared = 2;
const tellEveryMs = 200;
const shortestPeriodMs = 1_000;
const firstLimits: AskLimits = { connectMs: 3_000, totalMs: 5_000 };
/** The repetition needs no more patience than the first check had, or the verdict comes too late. */
const repeatLimits: AskLimits = { connectMs: 3_000, totalMs: 3_500 };
/** When sockets get scarce, cameras that are known to be lost hold one no longer than this. */
const scarceLimits: AskLimits = { connectMs: 1_500, totalMs: 1_500 };
const scarceShare = 0.8;
/** Two checks are at least this far apart, and the second begins at least that long after the first ended. */
const repeatAfterMs = { sinceBegin: 3_000, sinceEnd: 250 };
const overduePerSecond = 1_500;
const siblingsPerSecond = 200;
const siblingBurst = 400;
/** The unheld time of a shard is known to about this much. */
const holdSlackMs = 500;

/** Asks the held, swept cameras once a period each, and tells what changes. */
export function startCameraSweep(ports: SweepPorts): CameraSweep {
  return new Sweep(ports);
}

class Sweep implements CameraSweep {
  readonly #ports: SweepPorts;
  readonly #cameras = new Map<CameraId, SweptCamera>();
  readonly #stations = new Map<number, SweptStation>();
  readonly #due = createWaiting<SweptCamera>();
  readonly #overdue = createWaiting<SweptCamera>();
  readonly #siblings = createWaiting<SweptCamera>();
  readonly #overdueRate = createRateLimit(overduePerSecond, overduePerSecond / 10);
  readonly #siblingRate = createRateLimit(siblingsPerSecond, siblingBurst);
  readonly #gauges = new SweepGauges();
  /** Phases are by the wall clock, so that a camera keeps its moment when it changes gateways. */
  readonly #startedAtMs: number;
  #wheel: PhaseWheel<SweptCamera>;
  #periodMs: number;
  #budget: SocketBudget = planSockets(0, shortestPeriodMs, null);
  #toldOfLimit = 0;
  #inFlight = 0;
  #facts: WatchFact[] = [];
  #toldAtMs = 0;
  #tickedAtMs: number | null = null;
  #stalledAtMs = Number.NEGATIVE_INFINITY;
  #stopped = false;
  #cancelTick: () => void = () => {};

  constructor(ports: SweepPorts) {
    this.#ports = ports;
    this.#startedAtMs = ports.clock.nowMs() - ports.monotonicMs();
    this.#periodMs = Math.max(shortestPeriodMs, ports.duty.policy().sweepEveryMs);
    this.#wheel = new PhaseWheel(this.#periodMs, slotMs);
    ports.duty.listen({
      onPolicy: (policy) => this.#follow(policy),
      onChange: (begun, ended) => this.#change(begun, ended),
    });
    this.#tick();
  }

  snapshot(): WatchFact[] {
    return [...this.#cameras.values()].flatMap(
      ({ cameraId, verdict }) => factOf(cameraId, verdict, verdict.sinceMs) ?? [],
    );
  }

  status(): SweepStatus {
    return this.#gauges.status(this.#nowMs(), {
      periodMs: this.#periodMs,
      cameras: this.#cameras.values(),
      inFlight: this.#inFlight,
      maxInFlight: this.#budget.sockets,
      waiting: this.#due.size + this.#overdue.size + this.#siblings.size,
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTick();
    for (const camera of [...this.#cameras.values()]) this.#drop(camera);
    this.#flush();
  }

  #nowMs(): number {
    return this.#startedAtMs + this.#ports.monotonicMs();
  }

  get #counters(): SweepCounters {
    return this.#gauges.counters;
  }

  #tick(): void {
    if (this.#stopped) return;
    const nowMs = this.#nowMs();
    this.#noteStall(nowMs);
    this.#wheel.turn(nowMs, (camera) => this.#comeDue(camera));
    this.#startWaiting(nowMs);
    if (nowMs - this.#toldAtMs >= tellEveryMs) {
      this.#toldAtMs = nowMs;
      this.#flush();
    }
    this.#cancelTick = this.#ports.clock.after(slotMs, () => this.#tick());
  }

  #follow(policy: WatchPolicy): void {
    const periodMs = Math.max(shortestPeriodMs, policy.sweepEveryMs);
    if (periodMs === this.#periodMs) return;
    this.#periodMs = periodMs;
    this.#wheel = new PhaseWheel(periodMs, slotMs);
    for (const camera of this.#cameras.values()) {
      this.#wheel.put(camera.cameraId, camera.phase, camera);
    }
    this.#planSockets();
  }

  #change(begun: readonly Duty[], ended: readonly CameraId[]): void {
    for (const cameraId of ended) {
      const camera = this.#cameras.get(cameraId);
      if (camera !== undefined) this.#drop(camera);
    }
    const nowMs = this.#nowMs();
    const overdue: { camera: SweptCamera; sinceMs: number }[] = [];
    for (const { order, unheldForMs } of begun) {
      const before = this.#cameras.get(order.cameraId);
      if (before !== undefined) {
        if (order.swept && isSamePlace(before, order)) continue;
        this.#drop(before);
      }
      if (!order.swept) continue;
      const camera = this.#add(order);
      if (unheldForMs === null) continue;
      const sinceMs = this.#wheel.sinceDueMs(camera.phase, nowMs);
      if (sinceMs <= unheldForMs + holdSlackMs) overdue.push({ camera, sinceMs });
    }
    // Who has waited longest comes first.
    overdue.sort((a, b) => b.sinceMs - a.sinceMs);
    for (const { camera } of overdue) this.#overdue.push(camera);
    this.#planSockets();
  }

  #add(order: Duty['order']): SweptCamera {
    const { cameraId, stationId, endpoint } = order;
    const camera: SweptCamera = {
      cameraId,
      stationId,
      endpoint: { address: endpoint.address, onvifPort: endpoint.onvifPort },
      phase: hashText(`camera ${cameraId}`),
      verdict: unknownVerdict,
      isCurrent: true,
      isWaiting: false,
      spared: 0,
      askedAtMs: null,
      abandon: null,
      cancelRepeat: null,
    };
    this.#cameras.set(cameraId, camera);
    this.#wheel.put(cameraId, camera.phase, camera);
    const station = this.#stations.get(stationId);
    if (station !== undefined) station.cameras.add(camera);
    else {
      this.#stations.set(stationId, {
        cameras: new Set([camera]),
        siblingsAskedAtMs: Number.NEGATIVE_INFINITY,
      });
    }
    return camera;
  }

  #drop(camera: SweptCamera): void {
    camera.isCurrent = false;
    camera.cancelRepeat?.();
    camera.cancelRepeat = null;
    if (camera.abandon !== null) {
      camera.abandon();
      camera.abandon = null;
      this.#inFlight -= 1;
    }
    this.#cameras.delete(camera.cameraId);
    this.#wheel.remove(camera.cameraId, camera.phase);
    const station = this.#stations.get(camera.stationId);
    station?.cameras.delete(camera);
    if (station?.cameras.size === 0) this.#stations.delete(camera.stationId);
  }

  #planSockets(): void {
    this.#budget = planSockets(this.#cameras.size, this.#periodMs, this.#ports.fileLimit);
    const { suffices, neededFiles } = this.#budget;
    if (suffices || neededFiles <= this.#toldOfLimit * 1.1) return;
    this.#toldOfLimit = neededFiles;
    this.#ports.log.warn(
      {
        code: 'FILE_LIMIT_LOW',
        openFiles: this.#ports.fileLimit,
        neededFiles,
        cameras: this.#cameras.size,
      },
      'the limit of open files is too low for a total outage: lost cameras are then asked less patiently',
    );
  }

  #comeDue(camera: SweptCamera): void {
    // The repetition of a failed check, or one that still runs, stands for this one.
    if (camera.abandon !== null || camera.cancelRepeat !== null || camera.isWaiting) {
      this.#counters.coincided += 1;
      return;
    }
    camera.isWaiting = true;
    this.#due.push(camera);
  }

  #startWaiting(nowMs: number): void {
    while (this.#inFlight < this.#budget.sockets) {
      const camera = this.#due.shift();
      if (camera === undefined) break;
      camera.isWaiting = false;
      this.#ask(camera, nowMs);
    }
    // What came up meanwhile by the wheel needs no second check.
    while (this.#overdue.size > 0 && this.#isRoom() && this.#overdueRate.take(nowMs)) {
      const camera = this.#overdue.shift();
      if (camera?.askedAtMs === null) this.#ask(camera, nowMs);
    }
    while (this.#siblings.size > 0 && this.#isRoom() && this.#siblingRate.take(nowMs)) {
      const camera = this.#siblings.shift();
      if (camera === undefined || camera.cancelRepeat !== null) continue;
      if (nowMs - (camera.askedAtMs ?? 0) < repeatAfterMs.sinceBegin) continue;
      this.#ask(camera, nowMs);
    }
  }

  #isRoom(): boolean {
    return this.#inFlight < this.#budget.sockets;
  }

  #ask(camera: SweptCamera, nowMs: number): void {
    if (!camera.isCurrent || camera.abandon !== null || this.#stopped) return;
    if (camera.askedAtMs !== null) this.#gauges.note(nowMs, nowMs - camera.askedAtMs);
    camera.askedAtMs = nowMs;
    this.#inFlight += 1;
    this.#counters.asked += 1;
    const isScarce = this.#inFlight > this.#budget.sockets * scarceShare;
    const isRepeat = camera.verdict.kind !== 'lost' && camera.verdict.suspected !== null;
    const limits =
      isScarce && camera.verdict.kind === 'lost'
        ? scarceLimits
        : isRepeat
          ? repeatLimits
          : firstLimits;
    camera.abandon = this.#ports.ask(camera.endpoint, limits, (outcome) => {
      camera.abandon = null;
      this.#inFlight -= 1;
      this.#learn(camera, outcome);
    });
  }

  #noteStall(nowMs: number): void {
    const lateMs = nowMs - (this.#tickedAtMs ?? nowMs) - slotMs;
    this.#tickedAtMs = nowMs;
    if (lateMs < stallMs) return;
    this.#stalledAtMs = nowMs;
    this.#counters.stalls += 1;
  }

  /**
   * After a stall the time of a check is over although its answer may have come: nothing was found.
   * The tick that would have noted the stall may itself be still to come.
   */
  #wasStalled(camera: SweptCamera): boolean {
    const nowMs = this.#nowMs();
    if (nowMs - (this.#tickedAtMs ?? nowMs) > stallMs) return true;
    return this.#stalledAtMs > (camera.askedAtMs ?? nowMs);
  }

  #learn(camera: SweptCamera, outcome: AskOutcome): void {
    if (mayBeTimeOut(outcome) && camera.spared < maxSpared && this.#wasStalled(camera)) {
      camera.spared += 1;
      this.#counters.unasked += 1;
      this.#repeat(camera);
      return;
    }
    camera.spared = 0;
    if (outcome.kind === 'unasked') {
      this.#counters.unasked += 1;
      if (outcome.reason === 'EMFILE') this.#yieldFiles();
      // A repetition that could not be made is not the camera's failure; the next turn begins anew.
      if (camera.verdict.kind !== 'lost') camera.verdict = { ...camera.verdict, suspected: null };
      return;
    }
    if (outcome.kind !== 'answers') this.#counters.failed += 1;
    const wallMs = this.#ports.clock.nowMs();
    const { verdict, effect } = decideAsked(camera.verdict, outcome, wallMs);
    camera.verdict = verdict;
    if (effect === 'tell') {
      const fact = factOf(camera.cameraId, verdict, wallMs);
      if (fact !== null) this.#facts.push(fact);
    } else if (effect === 'repeat') {
      this.#repeat(camera);
      this.#askSiblings(camera);
    }
  }

  #repeat(camera: SweptCamera): void {
    const nowMs = this.#nowMs();
    const begunMs = camera.askedAtMs ?? nowMs;
    const delayMs = Math.max(repeatAfterMs.sinceEnd, begunMs + repeatAfterMs.sinceBegin - nowMs);
    camera.cancelRepeat = this.#ports.clock.after(delayMs, () => {
      camera.cancelRepeat = null;
      if (this.#isRoom()) this.#ask(camera, this.#nowMs());
      else this.#comeDue(camera);
    });
  }

  /** A station that loses power loses all its cameras: the others are asked at once. */
  #askSiblings(camera: SweptCamera): void {
    const station = this.#stations.get(camera.stationId);
    const nowMs = this.#nowMs();
    if (station === undefined || nowMs - station.siblingsAskedAtMs < this.#periodMs) return;
    station.siblingsAskedAtMs = nowMs;
    for (const sibling of station.cameras) {
      if (sibling === camera || sibling.verdict.kind === 'lost') continue;
      // In a province's outage the turn of the wheel comes sooner than a longer line would.
      if (this.#siblings.size >= siblingBurst) return;
      this.#counters.siblingsAsked += 1;
      this.#siblings.push(sibling);
    }
  }

  /** The process has fewer files left than was thought: fewer checks at once from now on. */
  #yieldFiles(): void {
    const sockets = Math.max(64, Math.floor(this.#inFlight * 0.9));
    if (sockets >= this.#budget.sockets) return;
    this.#budget = { ...this.#budget, sockets, suffices: false };
    this.#ports.log.warn(
      { code: 'FILE_LIMIT_LOW', neededFiles: this.#budget.neededFiles, sockets },
      'no more files may be opened: fewer cameras are asked at once',
    );
  }

  #flush(): void {
    if (this.#facts.length === 0) return;
    const facts = this.#facts;
    this.#facts = [];
    this.#ports.tell(facts);
  }
}
