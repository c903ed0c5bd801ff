import type { Logger } from '@nigehban/config/log/logger.ts';
import type { LogLevel } from '@nigehban/config/settings/settings.ts';
import { rendezvous } from '@nigehban/domain/assignment.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { NodeFact, StreamOrder } from '@nigehban/domain/link-messages.ts';
import type { ChainHead } from '@nigehban/recorder/chain/camera-chain.ts';
import type { LiveHandlers } from '@nigehban/relay/relay.ts';
import { EngineSlot } from './engine-slot.ts';
import { createProcessNotes } from './former-processes.ts';
import { LiveRoutes } from './live-routes.ts';
import type { EnginePorts, EngineSettings, MediaEngine } from './media-engine.ts';
import { NodeStanding } from './node-standing.ts';

export interface EngineFleetOptions {
  /** One for each process. */
  readonly settings: readonly EngineSettings[];
  readonly logLevel: LogLevel;
  /** Where the process ids are noted. */
  readonly processFile: string;
  /** A process without a sign of life for so long is replaced. Default 20,000. */
  readonly frozenAfterMs?: number;
}

/** An engine of several processes, each with its own cameras. */
export interface EngineFleet extends MediaEngine {
  /** Process ids by slot; undefined while one is being started again. */
  pids(): readonly (number | undefined)[];
  /** The slot of a camera: always the same for the same number of processes. */
  slotOf(cameraId: CameraId): number;
}

/**
 * Starts an engine in each of several processes and shares the cameras out among them by rendezvous
 * hashing. One that dies is replaced and takes up its cameras again; the others notice nothing.
 * @throws Fault that the first process refused to start with
 */
export async function startEngineFleet(
  options: EngineFleetOptions,
  ports: EnginePorts,
): Promise<EngineFleet> {
  const { log, tell } = ports;
  const standing = new NodeStanding(Date.now());
  const routes = new LiveRoutes();
  const notes = createProcessNotes(options.processFile);
  const names = options.settings.map((_, number) => String(number));
  const slotOf = (cameraId: CameraId): number => Number(rendezvous(cameraId, names) ?? 0);

  const slots = options.settings.map(
    (settings, number) =>
      new EngineSlot(number, settings, {
        log,
        logLevel: options.logLevel,
        frozenAfterMs: options.frozenAfterMs ?? 20_000,
        onFacts(facts) {
          const told = standing.observe(number, facts);
          for (const fact of told) forgetClosed(routes, fact);
          tell(told);
        },
        onEntry: ports.onEntry,
        onGone() {
          standing.forget((cameraId) => slotOf(cameraId) === number);
          const reason = 'engine process restarted';
          const lost = routes.removeSlot(number);
          tell(lost.map((transport) => ({ kind: 'live-closed', ...transport, reason })));
        },
        onStarted: (pid) => notes.started(pid),
        onEnded: (pid) => notes.ended(pid),
      }),
  );
  const stop = async () => void (await Promise.all(slots.map((slot) => slot.stop())));
  const slotAt = (number: number | undefined): EngineSlot => {
    const slot = number === undefined ? undefined : slots[number];
    if (slot !== undefined) return slot;
    throw new Fault('LIVE_SESSION_UNKNOWN', 'Nothing of this viewer is here');
  };
  try {
    await Promise.all(slots.map((slot) => slot.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pids: () => slots.map((slot) => slot.pid),
    slotOf,
    apply(orders) {
      const shares: StreamOrder[][] = slots.map(() => []);
      for (const order of orders) shares[slotOf(order.cameraId)]?.push(order);
      for (const slot of slots) slot.setOrders(shares[slot.number] ?? []);
      const wanted = new Set(orders.map((order) => order.cameraId));
      standing.forget((cameraId) => !wanted.has(cameraId));
    },
    snapshot: () => standing.snapshot(),
    async openSegment(cameraId) {
      // Without its process nothing is written: the file is what it is.
      return slotAt(slotOf(cameraId))
        .call('open-segment', cameraId)
        .catch(() => undefined);
    },
    heads: () => collectHeads(slots, log),
    live: liveHandlers((cameraId) => slotAt(slotOf(cameraId)), slotAt, slots, routes),
    stop,
  };
}

/** A transport that ended at its engine needs no route. */
function forgetClosed(routes: LiveRoutes, fact: NodeFact): void {
  if (fact.kind !== 'live-closed') return;
  if (fact.consumerId !== undefined) routes.removeConsumer(fact.viewerId, fact.consumerId);
  else if (fact.transportId === undefined) routes.removeViewer(fact.viewerId);
  else routes.removeTransport(fact.viewerId, fact.transportId);
}

async function collectHeads(
  slots: readonly EngineSlot[],
  log: Logger,
): Promise<ReadonlyMap<CameraId, ChainHead>> {
  const answers = await Promise.allSettled(slots.map((slot) => slot.call('heads', null)));
  const missing = answers.filter((answer) => answer.status === 'rejected').length;
  if (missing > 0)
    log.warn({ missing }, 'the manifest lacks the chains of processes that are away');
  return new Map(
    answers.flatMap((answer) => (answer.status === 'fulfilled' ? [...answer.value] : [])),
  );
}

/** Requests go to the process that has the camera, the transport or the consumer. */
function liveHandlers(
  ofCamera: (cameraId: CameraId) => EngineSlot,
  slotAt: (number: number | undefined) => EngineSlot,
  slots: readonly EngineSlot[],
  routes: LiveRoutes,
): LiveHandlers {
  return {
    async 'live.join'(params) {
      const slot = ofCamera(params.cameraId);
      const joined = await slot.call('live.join', params);
      routes.addTransport(params.viewerId, joined.transportId, slot.number);
      return joined;
    },
    async 'live.connect'(params) {
      const slot = slotAt(routes.slotOfTransport(params.viewerId, params.transportId));
      return slot.call('live.connect', params);
    },
    async 'live.consume'(params) {
      const slot = slotAt(routes.slotOfTransport(params.viewerId, params.transportId));
      const consumer = await slot.call('live.consume', params);
      routes.addConsumer(params.viewerId, consumer.consumerId, slot.number);
      return consumer;
    },
    async 'live.listen'(params) {
      const slot = slotAt(routes.slotOfTransport(params.viewerId, params.transportId));
      const consumer = await slot.call('live.listen', params);
      routes.addConsumer(params.viewerId, consumer.consumerId, slot.number);
      return consumer;
    },
    async 'live.resume'(params) {
      const slot = slotAt(routes.slotOfConsumer(params.viewerId, params.consumerId));
      return slot.call('live.resume', params);
    },
    async 'live.pause'(params) {
      const slot = slotAt(routes.slotOfConsumer(params.viewerId, params.consumerId));
      return slot.call('live.pause', params);
    },
    async 'live.leave'(params) {
      const slot = slotAt(routes.slotOfConsumer(params.viewerId, params.consumerId));
      routes.removeConsumer(params.viewerId, params.consumerId);
      return slot.call('live.leave', params);
    },
    async 'live.close'(params) {
      routes.removeViewer(params.viewerId);
      // Also where a join is still under way; a process that is away has nothing to close.
      await Promise.allSettled(slots.map((slot) => slot.call('live.close', params)));
      return { done: true };
    },
  };
}
