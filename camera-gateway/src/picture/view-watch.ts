import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault, type FaultCode } from '@nigehban/domain/faults.ts';
import {
  decideView,
  defaultViewPolicy,
  noViewYet,
  type ViewDecision,
  type ViewPolicy,
  type ViewState,
} from '@nigehban/domain/view-check.ts';
import { isViewDue } from '@nigehban/domain/view-moment.ts';
import type { WatchFact, WatchOrder, WatchPolicy } from '@nigehban/domain/watch-orders.ts';
import { createCameraWork } from '../probe/camera-work.ts';
import type { TakePicture } from './camera-pictures.ts';
import { measureJpeg, openReference } from './measure-view.ts';

/** What this gateway is to watch at the moment. */
export interface WatchBook {
  readonly policy: WatchPolicy;
  readonly orders: ReadonlyMap<CameraId, WatchOrder>;
}

export interface ViewWatchPorts {
  readonly clock: Clock;
  readonly book: () => WatchBook;
  /** Whether this gateway is the one that looks at the camera. */
  readonly holds: (cameraId: CameraId) => boolean;
  readonly takePicture: TakePicture;
  readonly sendFacts: (facts: readonly WatchFact[]) => void;
}

export interface ViewWatch {
  /**
   * Judges a picture that came another way. Throws CAMERA_UNKNOWN, GATEWAY_UNAVAILABLE when another
   * gateway watches the camera, and what decoding throws.
   */
  judge(cameraId: CameraId, jpeg: Uint8Array): Promise<ViewDecision>;
  /** The verdicts that stand, for a link that was away. */
  standing(): readonly WatchFact[];
  readonly counts: ViewCounts;
  stop(): Promise<void>;
}

export interface ViewCounts {
  readonly judged: number;
  /** Cameras that gave no picture, or one that cannot be judged. */
  readonly failed: number;
  /** Looks left out because those before were not done yet. */
  readonly skipped: number;
}

/** What is kept of a camera between two pictures. */
interface Watched {
  readonly reference: string | null;
  readonly profileToken: string;
  state: ViewState;
  /** Of the last picture. */
  edges: Uint8Array | null;
  evidence: string;
  judgedAtMs: number;
  failures: number;
  /** Not asked before, because it has no snapshots, refuses us, or fails again and again. */
  restUntilMs: number;
  /** How the camera was asked when it failed: one that is asked in another way need not rest. */
  failedAs: WatchOrder | null;
}

const tickMs = 1_000;
/** Exchanges with cameras at once; each ends within 8 s. */
const parallelLooks = 128;
const maxWaitingLooks = 1_024;
/** Five pictures a minute apart span 240 s, of which a disturbance has to last 150 s. */
const spanFactor = 1.6;
/** Decoding holds up to 50 MB for a hostile picture. */
const parallelDecodes = 4;
const unsupportedRestMs = 60 * 60_000;
/** A wrong password is tried once a day. */
const refusedRestMs = 24 * 60 * 60_000;
const maxRestMs = 10 * 60_000;

/**
 * Looks at each watched camera once in `policy.viewEveryMs`, at a moment of the period that is the
 * camera's own, and tells changes of its view. A camera that gives no picture is no matter of the
 * view: it is asked less often, and others find out what it lacks. Of cameras that are ordered to be
 * judged by stills no picture is taken here: they come through `judge`.
 */
export function startViewWatch(ports: ViewWatchPorts): ViewWatch {
  const { clock } = ports;
  const watched = new Map<CameraId, Watched>();
  const looks = createCameraWork(parallelLooks, maxWaitingLooks);
  const decodes = createCameraWork(parallelDecodes, 4 * maxWaitingLooks);
  const counts = { judged: 0, failed: 0, skipped: 0 };
  let decoding = 0;
  let lookedUntilMs = clock.nowMs();
  let cancelTick: () => void = () => {};
  let stopped = false;

  const entryOf = (order: WatchOrder): Watched | null => {
    if (order.view === null) return null;
    const { reference, profileToken } = order.view;
    const known = watched.get(order.cameraId);
    if (known?.reference === reference && known.profileToken === profileToken) return known;
    // Another reference is another question: what pictures said before does not answer it.
    const entry: Watched = {
      reference,
      profileToken,
      state: noViewYet,
      edges: null,
      evidence: '',
      judgedAtMs: 0,
      failures: 0,
      restUntilMs: 0,
      failedAs: null,
    };
    watched.set(order.cameraId, entry);
    return entry;
  };

  const judgeInto = async (
    cameraId: CameraId,
    entry: Watched,
    jpeg: Uint8Array,
  ): Promise<ViewDecision> => {
    // The number makes the key unique: two pictures are two works, however equal their cameras.
    decoding += 1;
    const { measures, edges } = await decodes.run(`${cameraId} ${decoding}`, async () => {
      const reference = entry.reference === null ? null : openReference(entry.reference);
      return measureJpeg(jpeg, reference, entry.edges);
    });
    entry.edges = edges;
    const nowMs = clock.nowMs();
    const decision = decideView(entry.state, measures, nowMs, viewPolicyFor(ports.book().policy));
    entry.state = decision.state;
    entry.evidence = decision.evidence;
    entry.judgedAtMs = nowMs;
    entry.failures = 0;
    counts.judged += 1;
    const fact = factOf(cameraId, entry);
    const stillAsked = watched.get(cameraId) === entry && !stopped;
    if (decision.changed && fact !== null && stillAsked) ports.sendFacts([fact]);
    return decision;
  };

  const look = async (order: WatchOrder, entry: Watched, everyMs: number): Promise<void> => {
    try {
      const jpeg = await looks.run(String(order.cameraId), () =>
        ports.takePicture(order, entry.profileToken),
      );
      await judgeInto(order.cameraId, entry, jpeg);
    } catch (thrown) {
      counts.failed += 1;
      entry.failures += 1;
      const code = thrown instanceof Fault ? thrown.code : 'INTERNAL';
      // Half a period less, so that the camera's own moment falls behind it.
      entry.restUntilMs = clock.nowMs() + restMs(code, entry.failures, everyMs) - everyMs / 2;
      entry.failedAs = order;
    }
  };

  const tick = (): void => {
    const { policy, orders } = ports.book();
    const nowMs = clock.nowMs();
    const everyMs = policy.viewEveryMs;
    // A clock that jumped asks nobody twice.
    const fromMs = Math.min(nowMs, Math.max(lookedUntilMs, nowMs - Math.max(everyMs, tickMs)));
    lookedUntilMs = nowMs;
    cancelTick = clock.after(tickMs, tick);
    if (everyMs > 0) {
      for (const order of orders.values()) {
        if (order.view === null || order.view.stills === true || order.held === true) continue;
        if (!isViewDue(order.cameraId, everyMs, fromMs, nowMs)) continue;
        if (!ports.holds(order.cameraId)) continue;
        const entry = entryOf(order);
        if (entry === null || rests(entry, order, nowMs)) continue;
        if (looks.size >= maxWaitingLooks) counts.skipped += 1;
        else void look(order, entry, everyMs);
      }
    }
    for (const cameraId of watched.keys()) {
      const asked = (orders.get(cameraId)?.view ?? null) !== null;
      // Another gateway tells of a camera that is not ours any more.
      if (!asked || !ports.holds(cameraId)) watched.delete(cameraId);
    }
  };

  cancelTick = clock.after(tickMs, tick);
  return {
    async judge(cameraId, jpeg) {
      const order = ports.book().orders.get(cameraId);
      const entry = order === undefined ? null : entryOf(order);
      if (entry === null) {
        throw new Fault('CAMERA_UNKNOWN', `Camera ${cameraId} is not watched by pictures`);
      }
      if (!ports.holds(cameraId)) {
        throw new Fault('GATEWAY_UNAVAILABLE', `Camera ${cameraId} is another gateway's to watch`);
      }
      return judgeInto(cameraId, entry, jpeg);
    },
    standing: () => [...watched].flatMap(([cameraId, entry]) => factOf(cameraId, entry) ?? []),
    counts,
    async stop() {
      stopped = true;
      cancelTick();
      await Promise.all([looks.stop(), decodes.stop()]);
    },
  };
}

/**
 * The policy for pictures that come so often: those that must agree span more than the time for which
 * a disturbance has to last, or it would never be old enough, and none is forgotten before the last.
 */
function viewPolicyFor({ viewEveryMs }: WatchPolicy): ViewPolicy {
  const policy = defaultViewPolicy;
  const spanMs = spanFactor * policy.raiseAfterMs;
  const outOf = Math.max(policy.outOf, Math.ceil(spanMs / Math.max(viewEveryMs, tickMs)) + 1);
  return {
    ...policy,
    outOf,
    raiseAfter: Math.ceil((policy.raiseAfter / policy.outOf) * outOf),
    forgetAfterMs: Math.max(policy.forgetAfterMs, 2 * outOf * viewEveryMs),
  };
}

function restMs(code: FaultCode, failures: number, everyMs: number): number {
  if (code === 'CAMERA_AUTH_REFUSED') return refusedRestMs;
  if (code === 'CAMERA_OPERATION_UNSUPPORTED') return unsupportedRestMs;
  return Math.min(everyMs * 2 ** Math.min(failures - 1, 8), maxRestMs);
}

function rests(entry: Watched, order: WatchOrder, nowMs: number): boolean {
  return entry.restUntilMs > nowMs && entry.failedAs !== null && sameWay(entry.failedAs, order);
}

function sameWay(one: WatchOrder, other: WatchOrder): boolean {
  return (
    one.endpoint.address === other.endpoint.address &&
    one.endpoint.onvifPort === other.endpoint.onvifPort &&
    one.credentials?.username === other.credentials?.username &&
    one.credentials?.password === other.credentials?.password
  );
}

function factOf(cameraId: CameraId, entry: Watched): WatchFact | null {
  const { verdict } = entry.state;
  if (verdict === null) return null;
  const { judgedAtMs: atMs, evidence } = entry;
  return { kind: 'view-judged', cameraId, atMs, verdict, evidence };
}
