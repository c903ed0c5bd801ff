import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type {
  CameraProbeView,
  DiscoveryBody,
  DiscoveryView,
} from '@nigehban/domain/api/http-types.ts';
import type { CameraCredentials, CameraEndpoint, CameraId } from '@nigehban/domain/camera.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import type {
  CameraProbe,
  DiscoveredCamera,
  LinkMethod,
  LinkMethods,
} from '@nigehban/domain/link-messages.ts';
import { matchCamera } from '@nigehban/domain/registration.ts';
import {
  type CameraAsset,
  storeRegistration,
  storeRegistrationFault,
} from '../store/camera-store.ts';
import type { Sql } from '../store/database.ts';
import { sealCredentials } from './camera-credentials.ts';
import type { CameraDirectory, DirectoryEntry } from './camera-directory.ts';

export interface RegistrationPorts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secretKey: SecretKey;
  readonly directory: CameraDirectory;
  readonly requestGateway: <M extends LinkMethod>(
    method: M,
    params: LinkMethods[M][0],
    timeoutMs: number,
  ) => Promise<LinkMethods[M][1]>;
  /** True while some gateway is linked. */
  readonly gatewayLinked: () => boolean;
  readonly retryMs: number;
}

/** Binds cameras to the plan: those with a planned address by itself, others by discovery. */
export interface Registration {
  /** Tries what is due now instead of at the next look. */
  wake(): void;
  /**
   * Looks for cameras and binds those that the plan knows by serial or MAC. @throws Fault
   * GATEWAY_UNAVAILABLE
   */
  discover(
    request: DiscoveryBody & { readonly credentials?: CameraCredentials },
  ): Promise<DiscoveryView>;
  /** Asks one camera of the plan again and takes over what it says when it is the right one. */
  probe(cameraId: CameraId): Promise<CameraProbeView>;
  stop(): Promise<void>;
}

const lookEveryMs = 1_000;
const probesAtOnce = 16;
const probeWithinMs = 20_000;
const discoverForMs = 4_000;
const discoverWithinMs = 120_000;
const longestRetryMs = 300_000;
/** Cameras lock out who offers a wrong password again and again; other credentials are tried at once. */
const refusedRetryMs = 30 * 60_000;

type Bound =
  | { readonly kind: 'bound'; readonly code: string }
  | { readonly kind: 'refused'; readonly fault: Fault };

export function startRegistration(ports: RegistrationPorts): Registration {
  const { sql, clock, log, secretKey, directory, requestGateway } = ports;
  /** When each unregistered camera is due, for the address and credentials that were tried. */
  const tried = new Map<CameraId, { tries: number; dueMs: number; what: string }>();
  const inFlight = new Set<CameraId>();
  let stopped = false;
  let cancel = () => {};

  const bind = async (
    probe: CameraProbe,
    endpoint: CameraEndpoint,
    credentials: CameraCredentials | null,
  ): Promise<Bound> => {
    const match = matchCamera(probe.identity, directory.index());
    if (match.kind !== 'bound') {
      const { serial, mac } = probe.identity;
      const who = `serial ${serial ?? 'unknown'}, MAC ${mac ?? 'unknown'}`;
      const message =
        match.kind === 'unknown'
          ? `The camera there (${who}) is not in the plan`
          : `The camera there (${who}) contradicts the plan: ${match.reason} (${match.entries
              .map((entry) => entry.code)
              .join(', ')})`;
      return { kind: 'refused', fault: new Fault('CAMERA_IDENTITY_MISMATCH', message) };
    }
    const asset = match.entry;
    if (probe.streams.length === 0) {
      const message = 'The camera offers no stream that can be recorded';
      await storeRegistrationFault(sql, asset.id, 'CAMERA_NO_PROFILE', message);
      return { kind: 'refused', fault: new Fault('CAMERA_NO_PROFILE', message) };
    }
    const sealed =
      credentials === null || sameCredentials(directory.find(asset.id)?.credentials, credentials)
        ? null
        : sealCredentials(secretKey, asset.code, credentials);
    await storeRegistration(
      sql,
      asset.id,
      { ...probe, ...endpoint, sealedCredentials: sealed },
      clock.nowMs(),
    );
    log.info({ camera: asset.code, address: endpoint.address, by: match.by }, 'camera registered');
    return { kind: 'bound', code: asset.code };
  };

  const attempt = async ({ asset, endpoint, credentials }: DirectoryEntry): Promise<void> => {
    if (endpoint === null) return;
    try {
      const probe = await requestGateway('gateway.probe', { endpoint, credentials }, probeWithinMs);
      const bound = await bind(probe, endpoint, credentials);
      if (bound.kind === 'refused') throw bound.fault;
      if (bound.code !== asset.code) {
        throw new Fault(
          'CAMERA_IDENTITY_MISMATCH',
          `Camera ${bound.code} of the plan answers at this address`,
        );
      }
    } catch (thrown) {
      const fault = thrown instanceof Fault ? thrown : new Fault('INTERNAL', 'Internal fault');
      if (!(thrown instanceof Fault)) log.error({ err: thrown }, 'registration failed inside');
      if (fault.code === 'GATEWAY_UNAVAILABLE') {
        // Nothing was learned of the camera.
        tried.delete(asset.id);
        return;
      }
      if (fault.code === 'CAMERA_AUTH_REFUSED') {
        const former = tried.get(asset.id);
        if (former !== undefined) {
          tried.set(asset.id, { ...former, dueMs: clock.nowMs() + refusedRetryMs });
        }
      }
      await storeRegistrationFault(sql, asset.id, fault.code, fault.message);
    }
  };

  const due = (entry: DirectoryEntry, nowMs: number): boolean => {
    const { asset, endpoint } = entry;
    if (asset.registered || endpoint === null || inFlight.has(asset.id)) return false;
    const former = tried.get(asset.id);
    return former === undefined || former.what !== whatIsTried(entry) || former.dueMs <= nowMs;
  };

  const look = () => {
    cancel();
    if (stopped) return;
    if (ports.gatewayLinked()) {
      const nowMs = clock.nowMs();
      for (const entry of directory.all()) {
        if (inFlight.size >= probesAtOnce) break;
        if (!due(entry, nowMs)) continue;
        const { id } = entry.asset;
        const what = whatIsTried(entry);
        const former = tried.get(id);
        const tries = former?.what === what ? former.tries + 1 : 1;
        const waitMs = Math.min(ports.retryMs * 2 ** Math.max(0, tries - 2), longestRetryMs);
        tried.set(id, { tries, dueMs: nowMs + waitMs, what });
        inFlight.add(id);
        attempt(entry)
          .catch((error) => {
            tried.delete(id);
            log.warn(
              { err: error, camera: entry.asset.code },
              'a registration could not be stored',
            );
          })
          .finally(() => {
            inFlight.delete(id);
            if (inFlight.size === probesAtOnce - 1) look();
          });
      }
    }
    cancel = clock.after(lookEveryMs, look);
  };
  look();

  /** Credentials for a camera of which only the address is known. */
  const guessCredentials = (address: string): CameraCredentials | null => {
    const entries = directory.all();
    const there = entries.find((entry) => entry.endpoint?.address === address);
    if (there?.credentials != null) return there.credentials;
    const counts = new Map<string, { credentials: CameraCredentials; count: number }>();
    for (const { credentials } of entries) {
      if (credentials === null) continue;
      const key = JSON.stringify([credentials.username, credentials.password]);
      const counted = counts.get(key) ?? { credentials, count: 0 };
      counted.count += 1;
      counts.set(key, counted);
    }
    return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.credentials ?? null;
  };

  const bindFound = async (
    camera: DiscoveredCamera,
    given: CameraCredentials | undefined,
  ): Promise<DiscoveryView['found'][number]> => {
    const { address, onvifPort } = camera;
    const endpoint = { address, onvifPort };
    const credentials = given ?? guessCredentials(address);
    try {
      const probe = await requestGateway('gateway.probe', { endpoint, credentials }, probeWithinMs);
      const bound = await bind(probe, endpoint, credentials);
      return {
        ...camera,
        identity: probe.identity,
        boundTo: bound.kind === 'bound' ? bound.code : null,
        fault: bound.kind === 'bound' ? null : toFaultMessage(bound.fault),
      };
    } catch (thrown) {
      if (!(thrown instanceof Fault)) log.error({ err: thrown }, 'a found camera failed inside');
      return { ...camera, identity: null, boundTo: null, fault: toFaultMessage(thrown) };
    }
  };

  return {
    wake: look,
    async discover({ cidrs, multicast, credentials }) {
      const { cameras } = await requestGateway(
        'gateway.discover',
        { cidrs, multicast, timeoutMs: discoverForMs },
        discoverWithinMs,
      );
      const found: DiscoveryView['found'][number][] = [];
      const queue = [...cameras];
      const work = async () => {
        for (let camera = queue.shift(); camera !== undefined; camera = queue.shift()) {
          found.push(await bindFound(camera, credentials));
        }
      };
      await Promise.all(Array.from({ length: probesAtOnce }, work));
      return { found: found.sort((a, b) => a.address.localeCompare(b.address)) };
    },
    async probe(cameraId) {
      const { asset, endpoint, credentials } = directory.get(cameraId);
      if (endpoint === null) {
        const fault = new Fault('CAMERA_UNREACHABLE', 'The plan gives no address of this camera');
        return { identity: null, clockOffsetMs: null, calls: [], fault: toFaultMessage(fault) };
      }
      try {
        const probe = await requestGateway(
          'gateway.probe',
          { endpoint, credentials },
          probeWithinMs,
        );
        const bound = await bind(probe, endpoint, credentials);
        const fault = faultOfProbe(bound, asset);
        const { identity, clockOffsetMs, calls } = probe;
        return { identity, clockOffsetMs, calls, fault };
      } catch (thrown) {
        if (!(thrown instanceof Fault) || thrown.code === 'GATEWAY_UNAVAILABLE') throw thrown;
        return { identity: null, clockOffsetMs: null, calls: [], fault: toFaultMessage(thrown) };
      }
    },
    async stop() {
      stopped = true;
      cancel();
    },
  };
}

function faultOfProbe(bound: Bound, asset: CameraAsset): CameraProbeView['fault'] {
  if (bound.kind === 'refused') return toFaultMessage(bound.fault);
  if (bound.code === asset.code) return null;
  const message = `Camera ${bound.code} of the plan answers at this address`;
  return toFaultMessage(new Fault('CAMERA_IDENTITY_MISMATCH', message));
}

function whatIsTried({ endpoint, credentials, asset }: DirectoryEntry): string {
  return JSON.stringify([endpoint, credentials, asset.serial, asset.mac]);
}

function sameCredentials(a: CameraCredentials | null | undefined, b: CameraCredentials): boolean {
  return a?.username === b.username && a.password === b.password;
}
