import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type {
  CameraProbeView,
  DiscoveryBody,
  DiscoveryView,
} from '@nigehban/domain/api/http-types.ts';
import type { CameraCredentials, CameraEndpoint, CameraId } from '@nigehban/domain/camera.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import type { DiscoveredCamera } from '@nigehban/domain/link-messages.ts';
import type { RequestGateway } from '../link/node-requests.ts';
import { storeRegistrationFault } from '../store/camera-store.ts';
import type { Sql } from '../store/database.ts';
import { type CameraDirectory, type DirectoryEntry, perLoad } from './camera-directory.ts';
import type { CredentialBreaker } from './credential-breaker.ts';
import type { Enroller, Enrolment } from './enrol-camera.ts';
import { chooseCandidates, commonCredentials } from './found-credentials.ts';
import type { RegistrationShares } from './share-registrations.ts';

export interface RegistrationPorts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly directory: CameraDirectory;
  readonly breaker: CredentialBreaker;
  readonly enroller: Enroller;
  readonly requestGateway: RequestGateway;
  /** How many gateways are linked. */
  readonly gateways: () => number;
  readonly shares: RegistrationShares;
  readonly retryMs: number;
}

/** Binds cameras to the plan: those with a planned address by itself, others by discovery. */
export interface Registration {
  /** Tries what is due now instead of at the next look. */
  wake(): void;
  /**
   * Looks for cameras and binds those that the plan knows. @throws Fault GATEWAY_UNAVAILABLE
   */
  discover(
    request: DiscoveryBody & { readonly credentials?: CameraCredentials },
  ): Promise<DiscoveryView>;
  /** Enrols devices that discovery found, so many at once as the gateways bear. */
  enrolFound(
    cameras: readonly DiscoveredCamera[],
    given: readonly CameraCredentials[],
    onEnrolled: (camera: DiscoveredCamera, outcome: Enrolment) => void,
  ): Promise<void>;
  /**
   * Asks one camera of the plan again, by a person's order also with credentials that it refused
   * before, and takes over what it says when it is the right one.
   */
  probe(cameraId: CameraId): Promise<CameraProbeView>;
  stop(): Promise<void>;
}

const lookEveryMs = 1_000;
/** For each gateway: above what it asks at once itself, so that storing in batches delays no camera. */
const enrolmentsAtOnce = 192;
const mostTries = 3;
const discoverForMs = 4_000;
const discoverWithinMs = 120_000;
const longestRetryMs = 300_000;
/** Cameras lock out who offers a wrong password again and again; other credentials are tried at once. */
const refusedRetryMs = 24 * 3_600_000;

export function startRegistration(ports: RegistrationPorts): Registration {
  const { sql, clock, log, directory, breaker, enroller, requestGateway } = ports;
  /** When each unregistered camera is due, for the address and credentials that were tried. */
  const tried = new Map<CameraId, { tries: number; dueMs: number; what: string }>();
  const inFlight = new Set<CameraId>();
  let queue: DirectoryEntry[] = [];
  let stopped = false;
  let cancel = () => {};

  const placesAtOnce = () => enrolmentsAtOnce * Math.max(1, ports.gateways());

  const attempt = async ({ asset, endpoint, credentials }: DirectoryEntry): Promise<void> => {
    if (endpoint === null) return;
    try {
      const candidates = credentials === null ? [] : [credentials];
      const outcome = await enroller.enrol(endpoint, candidates, false);
      const fault = faultFor(asset.code, outcome);
      if (fault !== null) throw fault;
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

  const unregistered = perLoad(directory, () =>
    directory.all().filter(({ asset }) => !asset.registered),
  );
  const isDue = (entry: DirectoryEntry, nowMs: number): boolean => {
    const { asset, endpoint } = entry;
    if (asset.registered || endpoint === null || inFlight.has(asset.id)) return false;
    // Stored a moment ago; the directory is still to be loaded.
    if (enroller.whereIs(asset.id) !== null) return false;
    const former = tried.get(asset.id);
    return former === undefined || former.dueMs <= nowMs || former.what !== whatIsTried(entry);
  };

  const begin = (entry: DirectoryEntry) => {
    const nowMs = clock.nowMs();
    const { id, code } = entry.asset;
    const what = whatIsTried(entry);
    const former = tried.get(id);
    const tries = former?.what === what ? former.tries + 1 : 1;
    const waitMs = Math.min(ports.retryMs * 2 ** Math.max(0, tries - 2), longestRetryMs);
    tried.set(id, { tries, dueMs: nowMs + waitMs, what });
    inFlight.add(id);
    attempt(entry)
      .catch((error) => {
        tried.delete(id);
        log.warn({ err: error, camera: code }, 'a registration could not be stored');
      })
      .finally(() => {
        inFlight.delete(id);
        fill();
      });
  };

  const fill = () => {
    if (stopped || ports.gateways() === 0) return;
    const nowMs = clock.nowMs();
    while (inFlight.size < placesAtOnce()) {
      const entry = queue.shift();
      if (entry === undefined) return;
      if (isDue(entry, nowMs)) begin(entry);
    }
  };

  const look = () => {
    cancel();
    if (stopped) return;
    if (ports.gateways() > 0) {
      const nowMs = clock.nowMs();
      const due = unregistered().filter((entry) => isDue(entry, nowMs));
      queue = [...ports.shares.pick(due, ({ asset }) => asset.id)];
      fill();
    }
    cancel = clock.after(lookEveryMs, look);
  };
  look();

  /** A gateway that has too much to do for once, or went while another is there, is no end of a run. */
  const enrolPatiently: (
    endpoint: CameraEndpoint,
    candidates: readonly CameraCredentials[],
  ) => Promise<Enrolment> = async (endpoint, candidates) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await enroller.enrol(endpoint, candidates, false);
      } catch (thrown) {
        const isGateway = thrown instanceof Fault && thrown.code === 'GATEWAY_UNAVAILABLE';
        if (!isGateway || tries >= mostTries || stopped || ports.gateways() === 0) throw thrown;
      }
    }
  };

  const enrolFound: Registration['enrolFound'] = async (cameras, given, onEnrolled) => {
    const common = commonCredentials(directory.all());
    const left = [...cameras];
    let failure: unknown = null;
    const work = async () => {
      for (let camera = left.shift(); camera !== undefined; camera = left.shift()) {
        if (stopped) throw new Fault('GATEWAY_UNAVAILABLE', 'The server is stopping');
        const { address, onvifPort } = camera;
        const endpoint = { address, onvifPort };
        const planned = directory.at(address);
        const guessesLeft = breaker.guessesLeft(endpoint);
        const candidates = chooseCandidates(given, planned, common, guessesLeft);
        try {
          onEnrolled(camera, await enrolPatiently(endpoint, candidates));
        } catch (thrown) {
          failure ??= thrown;
          left.length = 0;
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(placesAtOnce(), left.length) }, work));
    if (failure !== null) throw failure;
  };

  return {
    wake: look,
    enrolFound,
    async discover({ cidrs, multicast, credentials }) {
      const { cameras } = await requestGateway(
        'gateway.discover',
        { cidrs, multicast, timeoutMs: discoverForMs },
        discoverWithinMs,
      );
      const found: DiscoveryView['found'][number][] = [];
      await enrolFound(cameras, credentials === undefined ? [] : [credentials], (camera, outcome) =>
        found.push({ ...camera, ...viewOf(outcome) }),
      );
      return { found: found.sort((a, b) => a.address.localeCompare(b.address)) };
    },
    async probe(cameraId) {
      const { asset, endpoint, credentials } = directory.get(cameraId);
      if (endpoint === null) {
        const fault = new Fault('CAMERA_UNREACHABLE', 'The plan gives no address of this camera');
        return { identity: null, clockOffsetMs: null, calls: [], fault: toFaultMessage(fault) };
      }
      const candidates = credentials === null ? [] : [credentials];
      const outcome = await enroller.enrol(endpoint, candidates, true);
      const fault = faultFor(asset.code, outcome);
      const probe = outcome.kind === 'failed' ? null : outcome.probe;
      return {
        identity: probe?.identity ?? null,
        clockOffsetMs: probe?.clockOffsetMs ?? null,
        calls: probe?.calls ?? [],
        fault: fault === null ? null : toFaultMessage(fault),
      };
    },
    async stop() {
      stopped = true;
      cancel();
    },
  };
}

/** What keeps the camera of this code from being registered; null when it is now. */
function faultFor(code: string, outcome: Enrolment): Fault | null {
  if (outcome.kind === 'failed' || outcome.kind === 'quarantined') return outcome.fault;
  if (outcome.code === code) return null;
  return new Fault(
    'CAMERA_IDENTITY_MISMATCH',
    `Camera ${outcome.code} of the plan answers at this address`,
  );
}

function viewOf(
  outcome: Enrolment,
): Pick<DiscoveryView['found'][number], 'identity' | 'boundTo' | 'fault'> {
  if (outcome.kind === 'failed' || outcome.kind === 'quarantined') {
    const probe = outcome.kind === 'failed' ? null : outcome.probe;
    const fault = toFaultMessage(outcome.fault);
    return { identity: probe?.identity ?? null, boundTo: null, fault };
  }
  return { identity: outcome.probe.identity, boundTo: outcome.code, fault: null };
}

function whatIsTried({ endpoint, credentials, asset }: DirectoryEntry): string {
  return JSON.stringify([endpoint, credentials, asset.serial, asset.mac]);
}
