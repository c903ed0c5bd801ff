import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { QuarantineReason } from '@nigehban/domain/api/discovery-types.ts';
import type { CameraCredentials, CameraEndpoint, CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { CameraProbe } from '@nigehban/domain/link-messages.ts';
import { compareIdentity, deviceKey, matchCamera } from '@nigehban/domain/registration.ts';
import type { RequestGateway } from '../link/node-requests.ts';
import type { CameraAsset } from '../store/camera-store.ts';
import type { Sql } from '../store/database.ts';
import { clearQuarantine, upsertQuarantine } from '../store/quarantine-store.ts';
import { storeDisplaced } from '../store/registration-store.ts';
import { sealCredentials } from './camera-credentials.ts';
import type { CameraDirectory } from './camera-directory.ts';
import type { CredentialBreaker } from './credential-breaker.ts';
import { sealFound } from './found-credentials.ts';
import type { RegistrationWriter } from './registration-writer.ts';
import { sameCredentials, sameEndpoint } from './same-camera.ts';
import { createTurns } from './take-turns.ts';

export interface EnrolPorts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secretKey: SecretKey;
  readonly directory: CameraDirectory;
  readonly breaker: CredentialBreaker;
  readonly writer: RegistrationWriter;
  readonly requestGateway: RequestGateway;
  /** How many gateways are linked. */
  readonly gateways: () => number;
}

/** What became of a device at an address. */
export type Enrolment =
  /** It is this camera of the plan; `known` when it was registered there before. */
  | { readonly kind: 'bound' | 'known'; readonly code: string; readonly probe: CameraProbe }
  /** It is a camera that is registered, and answers, at another address of its own. */
  | { readonly kind: 'twice'; readonly code: string; readonly probe: CameraProbe }
  | {
      readonly kind: 'quarantined';
      readonly reason: QuarantineReason;
      readonly fault: Fault;
      readonly probe: CameraProbe | null;
    }
  /** It could not be asked. */
  | { readonly kind: 'failed'; readonly fault: Fault };

/** Finds out which camera of the plan answers at an address, and binds it. */
export interface Enroller {
  /**
   * Tries the credentials in order, each once, leaving out those that were refused within a day
   * unless a person `insists`. Throws GATEWAY_UNAVAILABLE and DATABASE_UNAVAILABLE.
   */
  enrol(
    endpoint: CameraEndpoint,
    candidates: readonly CameraCredentials[],
    insists: boolean,
  ): Promise<Enrolment>;
  /** Where a camera is registered, as far as this process knows; null when it is not. */
  whereIs(cameraId: CameraId): CameraEndpoint | null;
  /** Another device answers at its address: stops what is done with the camera until it is found. */
  displace(asset: CameraAsset, evidence: string, doubtFromMs: number | null): Promise<void>;
}

const probeWithinMs = 20_000;
const identifyWithinMs = 12_000;
/** Of one gateway: below what it does at once itself. */
const probesAtOnce = 48;

export function createEnroller(ports: EnrolPorts): Enroller {
  const { sql, clock, log, secretKey, directory, breaker, writer, requestGateway } = ports;
  const turns = createTurns(() => probesAtOnce * Math.max(1, ports.gateways()));
  /** What the directory does not show yet: where cameras were bound; null: nowhere any more. */
  const placed = new Map<CameraId, { endpoint: CameraEndpoint | null; untilLoad: number }>();

  const place = (cameraId: CameraId, endpoint: CameraEndpoint | null) =>
    placed.set(cameraId, { endpoint, untilLoad: Number.POSITIVE_INFINITY });
  /** The load under way may have read what was before; the one after it has not. */
  const isStored = (cameraId: CameraId) => {
    const one = placed.get(cameraId);
    if (one !== undefined) one.untilLoad = directory.loads() + 2;
  };

  const whereIs = (cameraId: CameraId): CameraEndpoint | null => {
    const known = placed.get(cameraId);
    if (known !== undefined && directory.loads() < known.untilLoad) return known.endpoint;
    placed.delete(cameraId);
    const entry = directory.find(cameraId);
    return entry?.asset.registered === true ? entry.endpoint : null;
  };

  const quarantine = async (
    endpoint: CameraEndpoint,
    probe: CameraProbe | null,
    credentials: CameraCredentials | null,
    reason: QuarantineReason,
    fault: Fault,
    candidates: readonly string[] = [],
  ): Promise<Enrolment> => {
    const device =
      (probe === null ? null : deviceKey(probe.identity)) ??
      `address ${endpoint.address} ${endpoint.onvifPort}`;
    const write = {
      device,
      endpoint,
      identity: probe?.identity ?? null,
      reason,
      evidence: fault.message,
      candidates,
      sealedCredentials:
        credentials === null ? null : sealFound(secretKey, 'quarantine', [credentials]),
    };
    await upsertQuarantine(sql, write, clock.nowMs());
    return { kind: 'quarantined', reason, fault, probe };
  };

  const displace: Enroller['displace'] = async (asset, evidence, doubtFromMs) => {
    place(asset.id, null);
    log.warn({ camera: asset.code, evidence }, 'another camera answers at the address of a camera');
    await storeDisplaced(sql, asset.id, evidence, doubtFromMs, clock.nowMs());
    isStored(asset.id);
  };

  /** Whether the camera still answers where it was registered before. */
  const answersAt = async (asset: CameraAsset, endpoint: CameraEndpoint): Promise<boolean> => {
    const { credentials } = directory.get(asset.id);
    try {
      const { identity } = await requestGateway(
        'gateway.identify',
        { endpoint, credentials },
        identifyWithinMs,
      );
      return compareIdentity(identity, asset) === 'same';
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.code === 'GATEWAY_UNAVAILABLE') throw thrown;
      return false;
    }
  };

  /** Cameras that are registered where another one was just found. */
  const othersAt = (endpoint: CameraEndpoint, cameraId: CameraId | null): CameraAsset[] =>
    directory
      .at(endpoint.address)
      .map(({ asset }) => asset)
      .filter((asset) => {
        const there = whereIs(asset.id);
        return asset.id !== cameraId && there !== null && sameEndpoint(there, endpoint);
      });

  const bind = async (
    endpoint: CameraEndpoint,
    probe: CameraProbe,
    credentials: CameraCredentials | null,
  ): Promise<Enrolment> => {
    const { identity } = probe;
    const who = `serial ${identity.serial ?? 'unknown'}, MAC ${identity.mac ?? 'unknown'}`;
    const match = matchCamera(identity, directory.index(), endpoint.address);
    if (match.kind !== 'bound') {
      const stood = othersAt(endpoint, null);
      const codes = match.kind === 'conflict' ? match.entries.map((entry) => entry.code) : [];
      const message =
        match.kind === 'unknown'
          ? `The camera there (${who}) is not in the plan`
          : `The camera there (${who}) contradicts the plan: ${match.reason} (${codes.join(', ')})`;
      const reason =
        stood.length > 0
          ? 'replaced'
          : match.kind === 'conflict'
            ? 'conflict'
            : deviceKey(identity) === null
              ? 'no-identity'
              : 'not-in-plan';
      for (const asset of stood) await displace(asset, message, null);
      const candidates = [...new Set([...codes, ...stood.map(({ code }) => code)])];
      const fault = new Fault('CAMERA_IDENTITY_MISMATCH', message);
      return await quarantine(endpoint, probe, credentials, reason, fault, candidates);
    }
    const asset = match.entry;
    const former = whereIs(asset.id);
    const isThere = former !== null && sameEndpoint(former, endpoint);
    if (former !== null && !isThere && (await answersAt(asset, former))) {
      return { kind: 'twice', code: asset.code, probe };
    }
    for (const other of othersAt(endpoint, asset.id)) {
      await displace(other, `Camera ${asset.code} of the plan answers there (${who})`, null);
    }
    place(asset.id, endpoint);
    const stored = directory.find(asset.id)?.credentials;
    const isNew = credentials !== null && !sameCredentials(stored, credentials);
    const sealedCredentials = isNew ? sealCredentials(secretKey, asset.code, credentials) : null;
    const atMs = clock.nowMs();
    try {
      await writer.write({ cameraId: asset.id, endpoint, probe, sealedCredentials, atMs });
      isStored(asset.id);
    } catch (error) {
      placed.delete(asset.id);
      throw error;
    }
    const device = deviceKey(identity);
    await clearQuarantine(sql, [
      ...(device === null ? [] : [device]),
      `address ${endpoint.address} ${endpoint.onvifPort}`,
    ]);
    log.info({ camera: asset.code, address: endpoint.address, by: match.by }, 'camera registered');
    return { kind: isThere ? 'known' : 'bound', code: asset.code, probe };
  };

  const unusable = async (endpoint: CameraEndpoint, fault: Fault): Promise<Enrolment> => {
    // A camera that cannot be used is a matter for a person; one that is not there is not.
    const isCamera = fault.code === 'CAMERA_NO_PROFILE' || fault.code === 'CAMERA_STREAM_INVALID';
    const isPlanned = directory.at(endpoint.address).length > 0;
    if (!isCamera || isPlanned) return { kind: 'failed', fault };
    return await quarantine(endpoint, null, null, 'unusable', fault);
  };

  return {
    whereIs,
    displace,
    async enrol(endpoint, candidates, insists) {
      let refusal = heldBack();
      for (const credentials of candidates.length === 0 ? [null] : candidates) {
        try {
          const params = { endpoint, credentials };
          const probe = await turns(async () => {
            const isAsked = credentials !== null && !insists;
            if (isAsked && (await breaker.holdsAnywhere(endpoint, credentials))) return null;
            return await requestGateway('gateway.probe', params, probeWithinMs);
          });
          if (probe === null) continue;
          if (credentials !== null) breaker.accepted(endpoint, credentials);
          return await bind(endpoint, probe, credentials);
        } catch (thrown) {
          if (!(thrown instanceof Fault) || !thrown.code.startsWith('CAMERA_')) throw thrown;
          if (thrown.code !== 'CAMERA_AUTH_REFUSED') return await unusable(endpoint, thrown);
          if (credentials !== null) breaker.refused(endpoint, credentials);
          refusal = thrown;
        }
      }
      if (directory.at(endpoint.address).length > 0) return { kind: 'failed', fault: refusal };
      return await quarantine(endpoint, null, null, 'credentials-refused', refusal);
    },
  };
}

export function heldBack(): Fault {
  return new Fault(
    'CAMERA_AUTH_REFUSED',
    'The camera refused this user name and password within a day; not tried again yet',
  );
}
