import { randomUUID } from 'node:crypto';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type {
  DiscoveryCounts,
  DiscoveryRunBody,
  DiscoveryRunView,
} from '@nigehban/domain/api/discovery-types.ts';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import {
  type DiscoveryChunk,
  discoveryBackOffMs,
  planDiscovery,
} from '@nigehban/domain/discovery.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import type { DiscoveredCamera } from '@nigehban/domain/link-messages.ts';
import type { RequestGateway } from '../link/node-requests.ts';
import { addAudit } from '../store/audit-store.ts';
import type { Sql } from '../store/database.ts';
import {
  type DiscoveryRunRow,
  endDiscoveryRun,
  insertDiscoveryRun,
  readDiscoveryRuns,
  storeChunkDone,
  storeDiscoveryFault,
} from '../store/discovery-store.ts';
import { dropLease, holdLease } from '../store/engine-lease-store.ts';
import type { Enroller, Enrolment } from './enrol-camera.ts';
import { openFound, sealFound } from './found-credentials.ts';
import type { Registration } from './register-cameras.ts';
import { sameEndpoint } from './same-camera.ts';
import { startWokenLoop } from './woken-loop.ts';

export interface DiscoveryRunPorts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secretKey: SecretKey;
  readonly registration: Pick<Registration, 'enrolFound'>;
  readonly enroller: Pick<Enroller, 'whereIs'>;
  /** Cameras of the plan at an address. */
  readonly camerasAt: (address: string) => readonly { readonly asset: { readonly id: number } }[];
  readonly requestGateway: RequestGateway;
  /** How long answers are waited for after the last question of a chunk. */
  readonly answersForMs?: number;
}

/** Who asks for something, for the audit. */
export interface Asker {
  readonly actor: string;
  readonly address: string;
}

/**
 * Discovery runs: one at a time, chunk after chunk, each asked of one of the gateways. What is done
 * is stored with each chunk, so that a run goes on after the server, or a gateway, was away.
 */
export interface DiscoveryRuns {
  /** @throws Fault REQUEST_INVALID for ranges as of `planDiscovery` */
  start(body: DiscoveryRunBody, asker: Asker): Promise<DiscoveryRunView>;
  list(): Promise<readonly DiscoveryRunView[]>;
  /** @throws Fault NOT_FOUND */
  get(id: number): Promise<DiscoveryRunView>;
  /** Ends a run; one that is over stays as it is. @throws Fault NOT_FOUND */
  cancel(id: number, asker: Asker): Promise<DiscoveryRunView>;
  /** Goes on with what is due: a gateway linked. */
  wake(): void;
  stop(): Promise<void>;
}

const answersForMs = 2_000;
const chunkWithinMs = 180_000;
const lookEveryMs = 5_000;
const leaseName = 'discovery';
const leaseForMs = 15_000;

export function startDiscoveryRuns(ports: DiscoveryRunPorts): DiscoveryRuns {
  const { sql, clock, log, secretKey, requestGateway } = ports;
  const holder = randomUUID();
  let stopped = false;
  let failures = 0;
  const stopping = Promise.withResolvers<never>();
  stopping.promise.catch(() => {});

  /** Devices that are registered where they answered need no new probe. */
  const isKnown = (address: string, onvifPort: number): boolean =>
    ports.camerasAt(address).some(({ asset }) => {
      const there = ports.enroller.whereIs(asset.id);
      return there !== null && sameEndpoint(there, { address, onvifPort });
    });

  const askChunk = async (
    run: DiscoveryRunRow,
    chunk: DiscoveryChunk,
  ): Promise<readonly DiscoveredCamera[]> => {
    const asked = requestGateway(
      'gateway.discover',
      {
        cidrs: chunk.kind === 'sweep' ? [chunk.cidr] : [],
        multicast: chunk.kind === 'multicast',
        timeoutMs: ports.answersForMs ?? answersForMs,
        httpPorts: run.httpPorts,
      },
      chunkWithinMs,
    );
    const { cameras } = await Promise.race([asked, stopping.promise]);
    return cameras;
  };

  const enrolChunk = async (
    cameras: readonly DiscoveredCamera[],
    credentials: readonly CameraCredentials[],
  ): Promise<DiscoveryCounts> => {
    const unknown = cameras.filter((one) => !isKnown(one.address, one.onvifPort));
    const counts = { found: cameras.length, bound: 0, known: cameras.length - unknown.length };
    const rest = { quarantined: 0, refused: 0, failed: 0 };
    await ports.registration.enrolFound(unknown, credentials, (_, outcome) => {
      const kind = countOf(outcome);
      if (kind === 'bound' || kind === 'known') counts[kind] += 1;
      else rest[kind] += 1;
    });
    return { ...counts, ...rest };
  };

  /** False when the run is to be taken up again later. */
  const workRun = async (run: DiscoveryRunRow): Promise<boolean> => {
    const chunks = planDiscovery(run.cidrs, run.multicast, run.id);
    const credentials =
      run.sealedCredentials === null
        ? []
        : openFound(secretKey, 'discovery run', run.sealedCredentials);
    /** The chunk after the one that is being enrolled is asked meanwhile: the two wait for others. */
    let ahead: Promise<readonly DiscoveredCamera[]> | null = null;
    for (let index = run.chunksDone; index < chunks.length; index += 1) {
      const chunk = chunks[index];
      if (stopped) return false;
      if (chunk === undefined) break;
      try {
        const cameras = await (ahead ?? askChunk(run, chunk));
        const next = chunks[index + 1];
        ahead = next === undefined ? null : askChunk(run, next);
        ahead?.catch(() => {});
        const counts = await enrolChunk(cameras, credentials);
        const addresses = chunk.kind === 'sweep' ? chunk.addresses : 0;
        if (!(await storeChunkDone(sql, run.id, index + 1, addresses, counts))) return true;
        failures = 0;
      } catch (thrown) {
        if (stopped) return false;
        const fault = thrown instanceof Fault ? thrown : new Fault('INTERNAL', 'Internal fault');
        if (!(thrown instanceof Fault))
          log.error({ err: thrown }, 'a discovery step failed inside');
        await storeDiscoveryFault(sql, run.id, fault.code, fault.message);
        failures += 1;
        return false;
      }
    }
    await endDiscoveryRun(sql, run.id, 'DONE', clock.nowMs());
    return true;
  };

  const workRuns = async (): Promise<void> => {
    for (;;) {
      const runs = await readDiscoveryRuns(sql, { state: 'RUNNING' });
      const oldest = runs.at(-1);
      if (oldest === undefined || stopped || !(await workRun(oldest))) return;
    }
  };

  const waitMs = () => (failures === 0 ? lookEveryMs : discoveryBackOffMs(failures));

  /** Of several processes one works: what is asked of cameras, passwords above all, is asked once. */
  const workAll = async (): Promise<void> => {
    const runs = await readDiscoveryRuns(sql, { state: 'RUNNING' });
    if (runs.length === 0) return;
    const hold = () => holdLease(sql, leaseName, holder, leaseForMs);
    if (!(await hold()).held) return;
    let over = false;
    let cancelRenewal = () => {};
    const renewLater = () => {
      cancelRenewal = clock.after(leaseForMs / 3, () => {
        // The next renewal may reach the database again.
        void hold()
          .catch(() => {})
          .finally(() => {
            if (!over) renewLater();
          });
      });
    };
    renewLater();
    try {
      await workRuns();
    } finally {
      over = true;
      cancelRenewal();
      await dropLease(sql, leaseName, holder).catch(() => {});
    }
  };

  const loop = startWokenLoop({
    clock,
    log,
    async pass() {
      try {
        await workAll();
      } catch (error) {
        failures += 1;
        throw error;
      }
      return waitMs();
    },
    everyMs: lookEveryMs,
    retryMs: waitMs,
    failing: 'discovery runs cannot be worked on',
  });

  const one = async (id: number): Promise<DiscoveryRunView> => {
    const [row] = await readDiscoveryRuns(sql, { id });
    if (row === undefined) throw new Fault('NOT_FOUND', `There is no discovery run ${id}`);
    return viewOf(row);
  };

  return {
    async start(body, { actor, address }) {
      const { cidrs, multicast, httpPorts = [], credentials = [] } = body;
      if (cidrs.length === 0 && !multicast) {
        throw new Fault('REQUEST_INVALID', 'A discovery run needs a range or multicast');
      }
      const chunks = planDiscovery(cidrs, multicast, 0);
      const addresses = chunks.reduce((sum, c) => sum + (c.kind === 'sweep' ? c.addresses : 0), 0);
      const sealedCredentials =
        credentials.length === 0 ? null : sealFound(secretKey, 'discovery run', credentials);
      const nowMs = clock.nowMs();
      const id = await sql.begin(async (tx) => {
        const run = await insertDiscoveryRun(
          tx,
          {
            ...{ cidrs, multicast, httpPorts, sealedCredentials },
            ...{ startedBy: actor, chunks: chunks.length, addresses },
          },
          nowMs,
        );
        const details = { cidrs: cidrs.join(' '), multicast, addresses };
        const entry = { actor, address, action: 'discovery.start', subject: String(run), details };
        await addAudit(tx, entry, nowMs);
        return run;
      });
      loop.wake();
      return await one(id);
    },
    list: async () => (await readDiscoveryRuns(sql)).map(viewOf),
    get: one,
    async cancel(id, { actor, address }) {
      await one(id);
      const nowMs = clock.nowMs();
      await sql.begin(async (tx) => {
        if (!(await endDiscoveryRun(tx, id, 'CANCELLED', nowMs))) return;
        const entry = { actor, address, action: 'discovery.cancel', subject: String(id) };
        await addAudit(tx, entry, nowMs);
      });
      return await one(id);
    },
    wake: loop.wake,
    async stop() {
      stopped = true;
      stopping.reject(new Fault('GATEWAY_UNAVAILABLE', 'The server is stopping'));
      await loop.stop();
    },
  };
}

function countOf(outcome: Enrolment): Exclude<keyof DiscoveryCounts, 'found'> {
  switch (outcome.kind) {
    case 'bound':
      return 'bound';
    case 'known':
    case 'twice':
      return 'known';
    case 'quarantined':
      return outcome.reason === 'credentials-refused' ? 'refused' : 'quarantined';
    case 'failed':
      return outcome.fault.code === 'CAMERA_AUTH_REFUSED' ? 'refused' : 'failed';
  }
}

function viewOf(row: DiscoveryRunRow): DiscoveryRunView {
  const { id, state, cidrs, multicast, httpPorts, startedBy, chunksDone, chunks, addresses } = row;
  const { found, bound, known, quarantined, refused, failed } = row;
  return {
    id,
    state,
    cidrs,
    multicast,
    httpPorts,
    startedBy,
    startedAtMs: row.startedAt,
    endedAtMs: row.endedAt,
    chunksDone,
    chunks,
    addressesAsked: row.addressesAsked,
    addresses,
    counts: { found, bound, known, quarantined, refused, failed },
    fault: row.fault === null ? null : toFaultMessage(new Fault(row.fault, row.evidence ?? '')),
  };
}
