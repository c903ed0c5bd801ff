import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { CameraId, CameraIdentity } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { LinkMethod, LinkMethods, NodeFact } from '@nigehban/domain/link-messages.ts';
import { compareIdentity } from '@nigehban/domain/registration.ts';
import type { Sql } from '../store/database.ts';
import {
  type PendingProof,
  readPendingProofs,
  type SessionKey,
  type StreamSessionRow,
  storeBroken,
  storeSessions,
  storeSessionsProved,
  storeSessionsReleased,
} from '../store/identity-doubt-store.ts';
import { storeIdentityChecked } from '../store/registration-store.ts';
import { type CameraDirectory, type DirectoryEntry, streamOf } from './camera-directory.ts';
import type { CredentialBreaker } from './credential-breaker.ts';
import type { Enroller } from './enrol-camera.ts';
import { createGatherer } from './gather-work.ts';
import { sameEndpoint } from './same-camera.ts';

export interface IdentityPorts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly directory: CameraDirectory;
  readonly breaker: CredentialBreaker;
  readonly enroller: Enroller;
  readonly requestGateway: <M extends LinkMethod>(
    method: M,
    params: LinkMethods[M][0],
    timeoutMs: number,
  ) => Promise<LinkMethods[M][1]>;
  readonly gateways: () => number;
  /** Every registered camera is asked who it is once in this time. */
  readonly roundMs: number;
}

/**
 * Makes sure that the camera at an address is the one that is registered there: whenever a stream
 * comes back or a camera answers again, because then a cable may have been plugged elsewhere, and
 * in a slow round. Another camera there is bound where it belongs, and the place it came from is
 * asked at once, so that two that changed places are both put right.
 *
 * Footage is withheld from the break of a stream until the camera proved the session that came after
 * it (`identity_doubt`). That stands in the database: any process with a gateway goes on with it. A
 * camera that cannot be asked within `unprovenForMs` is shown all the same.
 */
export interface IdentityKeeper {
  facts(facts: readonly NodeFact[]): void;
  /** Asks now. Never throws. */
  verify(cameraId: CameraId): Promise<void>;
  stop(): Promise<void>;
}

const tickMs = 1_000;
const atOnce = 64;
const identifyWithinMs = 12_000;
const storeFrom = 200;
const storeEveryTicks = 10;
/** How often what is unproven is looked for, whoever heard of it. */
const pendingEveryTicks = 5;
const pendingAtOnce = 500;
const unprovenForMs = 60_000;
/** When many streams break or come back, what they tell and what is proved is stored so often. */
const noteEveryMs = 500;
const proveEveryMs = 1_000;

/** What is known of a camera that is to be asked. */
interface Doubt {
  /** Since when another one may stand there; null: nothing says so. */
  readonly fromMs: number | null;
  /** The session that its answer would prove, where it was just read. */
  readonly session?: PendingProof;
}

export function startIdentityKeeper(ports: IdentityPorts): IdentityKeeper {
  const { sql, clock, log, directory, breaker, enroller, requestGateway } = ports;
  let looking: Promise<void> | null = null;
  /** To be asked, in order of urgency. */
  const due = new Map<CameraId, Doubt>();
  const inFlight = new Map<CameraId, Promise<void>>();
  let proved: CameraId[] = [];
  let storing: Promise<void> = Promise.resolve();
  const sessionsToRead = new Set<CameraId>();
  let sessionsRead: Promise<ReadonlyMap<CameraId, PendingProof>> = Promise.resolve(new Map());
  let round: CameraId[] = [];
  let owed = 0;
  let ticks = 0;
  let stopped = false;
  let cancel = () => {};

  const storeProved = () => {
    const atMs = clock.nowMs();
    const checked = proved.map((cameraId) => ({ cameraId, atMs }));
    proved = [];
    if (checked.length === 0) return;
    storing = storing.then(() =>
      storeIdentityChecked(sql, checked).catch((error) =>
        log.warn({ err: error }, 'proofs of identity cannot be stored'),
      ),
    );
  };

  // Nobody waits for them: what is not stored stays unproven and is asked again.
  const proofs = createGatherer<SessionKey>(clock, proveEveryMs, (sessions) =>
    storeSessionsProved(sql, sessions, clock.nowMs()).catch((error) =>
      log.warn({ err: error }, 'proofs of sessions cannot be stored'),
    ),
  );

  const setRight = async (
    { asset, endpoint, credentials }: DirectoryEntry,
    identity: CameraIdentity,
    doubtFromMs: number | null,
  ): Promise<void> => {
    if (endpoint === null) return;
    const { serial, mac } = identity;
    const evidence =
      `A camera with serial ${serial ?? 'unknown'}, MAC ${mac ?? 'unknown'} answers where ` +
      `${asset.serial ?? asset.mac ?? 'this camera'} is registered`;
    await enroller.displace(asset, evidence, doubtFromMs);
    const own = credentials === null ? [] : [credentials];
    const other = otherOf(identity, asset.id);
    const from = other === null ? null : enroller.whereIs(other.asset.id);
    const candidates = other?.credentials == null ? own : [other.credentials, ...own];
    await enroller.enrol(endpoint, candidates, false);
    // Where the intruder came from is where the lost one may be now.
    if (from === null || sameEndpoint(from, endpoint)) return;
    await enroller.enrol(from, [...own, ...candidates.slice(0, 1)], false);
  };

  const otherOf = (identity: CameraIdentity, cameraId: CameraId): DirectoryEntry | null =>
    directory
      .all()
      .find(({ asset }) => asset.id !== cameraId && compareIdentity(identity, asset) === 'same') ??
    null;

  /** A session with a former address of the camera is not proved by what answers at the new one. */
  const isOfEndpoint = ({ source }: PendingProof, asset: DirectoryEntry['asset']): boolean => {
    const url = streamOf(asset, 'main')?.url;
    return source === null || url === undefined || placeOf(url) === source;
  };

  /** The camera's unproven session; in a flood many are read together. */
  const readSession = async (cameraId: CameraId): Promise<PendingProof | null> => {
    if (sessionsToRead.size === 0) {
      sessionsRead = new Promise((resolve) => setImmediate(resolve)).then(async () => {
        const ids = [...sessionsToRead];
        sessionsToRead.clear();
        const read = await readPendingProofs(sql, ids, ids.length);
        return new Map(read.map((session) => [session.cameraId, session]));
      });
    }
    sessionsToRead.add(cameraId);
    return (await sessionsRead).get(cameraId) ?? null;
  };

  const ask = async (cameraId: CameraId, doubt: Doubt): Promise<void> => {
    // Before the question: a session that begins after it is not proved by its answer.
    const session = doubt.session ?? (await readSession(cameraId));
    const entry = directory.find(cameraId);
    if (entry === null) return;
    const endpoint = enroller.whereIs(cameraId);
    const { asset, credentials } = entry;
    if (endpoint === null || (credentials !== null && breaker.holds(endpoint, credentials))) return;
    try {
      const { identity } = await requestGateway(
        'gateway.identify',
        { endpoint, credentials },
        identifyWithinMs,
      );
      if (credentials !== null) breaker.accepted(endpoint, credentials);
      const verdict = compareIdentity(identity, asset);
      if (verdict === 'another') await setRight({ ...entry, endpoint }, identity, doubt.fromMs);
      else {
        // What the directory shows of a camera that was bound elsewhere just now is of its former place.
        const isLoaded = entry.endpoint !== null && sameEndpoint(entry.endpoint, endpoint);
        if (session !== null && isLoaded && isOfEndpoint(session, asset)) {
          void proofs.add([session]);
        } else proved.push(cameraId);
      }
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      // Who does not answer proves nothing; the health of cameras is told elsewhere.
      if (thrown.code === 'CAMERA_AUTH_REFUSED' && credentials !== null) {
        breaker.refused(endpoint, credentials);
      }
    }
  };

  const verify = (cameraId: CameraId, doubt: Doubt): Promise<void> => {
    const under = inFlight.get(cameraId);
    if (under !== undefined) return under;
    const flight = ask(cameraId, doubt)
      .catch((error) => log.warn({ err: error, cameraId }, 'an identity could not be verified'))
      .finally(() => {
        inFlight.delete(cameraId);
        work();
      });
    inFlight.set(cameraId, flight);
    return flight;
  };

  const work = () => {
    for (const [cameraId, doubt] of due) {
      if (stopped || inFlight.size >= atOnce || ports.gateways() === 0) return;
      due.delete(cameraId);
      void verify(cameraId, doubt);
    }
  };

  /** Breaks and sessions are stored in the order in which they were told. */
  const note = async (facts: readonly StreamFact[]): Promise<void> => {
    const broken = new Map<CameraId, number>();
    const sessions = new Map<CameraId, StreamSessionRow>();
    for (const fact of facts) {
      const { cameraId, atMs } = fact;
      if (fact.kind === 'stream-down') {
        if (!broken.has(cameraId)) broken.set(cameraId, atMs);
        sessions.delete(cameraId);
      } else {
        sessions.set(cameraId, { cameraId, atMs, source: fact.source ?? null });
      }
    }
    try {
      if (broken.size > 0) {
        const rows = [...broken].map(([cameraId, atMs]) => ({ cameraId, atMs }));
        await storeBroken(sql, rows);
      }
      if (sessions.size === 0) return;
      await storeSessions(sql, [...sessions.values()]);
      const ids = [...sessions.keys()];
      await take(await readPendingProofs(sql, ids, ids.length));
    } catch (error) {
      log.warn({ err: error }, 'breaks of streams cannot be noted');
    }
  };
  const notes = createGatherer(clock, noteEveryMs, note);

  /** Asks cameras about their sessions; those that nobody could ask in time are let go. */
  const take = async (pending: readonly PendingProof[]): Promise<void> => {
    const lateMs = clock.nowMs() - unprovenForMs;
    const late: SessionKey[] = [];
    for (const session of pending) {
      const { cameraId, sessionMs, fromMs } = session;
      const asset = directory.find(cameraId)?.asset;
      if (sessionMs >= lateMs) {
        if (!inFlight.has(cameraId)) due.set(cameraId, { fromMs, session });
        // One with a former address stays in doubt: it ends with a session of the camera's own.
      } else if (asset?.registered === true && isOfEndpoint(session, asset)) {
        late.push(session);
      }
    }
    work();
    if (late.length > 0) await storeSessionsReleased(sql, late);
  };

  const look = () => {
    if (looking !== null) return;
    looking = readPendingProofs(sql, null, pendingAtOnce)
      .then(take)
      .catch((error) => log.debug({ err: error }, 'unproven sessions cannot be read'))
      .finally(() => {
        looking = null;
      });
  };

  const tick = () => {
    if (stopped) return;
    const cameras = directory.all();
    owed = Math.min(owed + (cameras.length * tickMs) / ports.roundMs, atOnce);
    while (owed >= 1 && due.size < atOnce) {
      if (round.length === 0) {
        round = cameras.flatMap(({ asset }) => (asset.registered ? [asset.id] : []));
        if (round.length === 0) break;
      }
      const cameraId = round.pop();
      owed -= 1;
      if (cameraId !== undefined && !due.has(cameraId)) due.set(cameraId, { fromMs: null });
    }
    work();
    ticks += 1;
    if (ticks % pendingEveryTicks === 0) look();
    if (proved.length >= storeFrom || ticks % storeEveryTicks === 0) storeProved();
    cancel = clock.after(tickMs, tick);
  };
  cancel = clock.after(tickMs, tick);

  return {
    facts(facts) {
      const streams = facts.filter(isOfMainStream);
      if (streams.length > 0) void notes.add(streams);
      for (const fact of facts) {
        if (
          fact.kind === 'camera-answered' ||
          (fact.kind === 'camera-lost' && fact.outcome.fault === 'CAMERA_IDENTITY_MISMATCH')
        ) {
          due.set(fact.cameraId, { fromMs: fact.atMs });
        }
      }
      work();
    },
    async verify(cameraId) {
      await verify(cameraId, { fromMs: null });
      await proofs.settled();
    },
    async stop() {
      stopped = true;
      cancel();
      await notes.settled();
      await looking;
      await Promise.all(inFlight.values());
      await proofs.settled();
      storeProved();
      await storing;
    },
  };
}

type StreamFact = Extract<NodeFact, { kind: 'stream-down' | 'stream-flowing' }>;

function isOfMainStream(fact: NodeFact): fact is StreamFact {
  return (fact.kind === 'stream-down' || fact.kind === 'stream-flowing') && fact.quality === 'main';
}

/** Host and port of a URL; empty when it is none. */
function placeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}
