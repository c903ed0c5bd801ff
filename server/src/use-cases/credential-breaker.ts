import { createHmac } from 'node:crypto';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { allKeys, currentKey, type SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { CameraCredentials, CameraEndpoint } from '@nigehban/domain/camera.ts';
import type { Sql } from '../store/database.ts';
import {
  deleteRefusedCredential,
  readRefusedCredentials,
  storeRefusedCredential,
} from '../store/discovery-store.ts';

/**
 * Keeps cameras from locking us out: which credentials an address refused in the last day. It is
 * asked before every attempt that no person ordered, and outlives a restart.
 */
export interface CredentialBreaker {
  /** True when these were refused there within a day. */
  holds(endpoint: CameraEndpoint, credentials: CameraCredentials): boolean;
  /** How many more guesses the address bears: one too many locks the strictest cameras. */
  guessesLeft(endpoint: CameraEndpoint): number;
  /** `atMs`: when, for a refusal that is told later. */
  refused(endpoint: CameraEndpoint, credentials: CameraCredentials, atMs?: number): void;
  /** By ONVIF: whatever the address refused of them, by RTSP too, may be tried again. */
  accepted(endpoint: CameraEndpoint, credentials: CameraCredentials): void;
  /** A stream of an RTSP URL refused these: a camera has one account, so ONVIF is not asked either. */
  streamRefused(
    url: string,
    endpoint: CameraEndpoint,
    credentials: CameraCredentials,
    atMs: number,
  ): void;
  streamAccepted(url: string, credentials: CameraCredentials): void;
  /** True when streams of the URL are not to be dialled with these. */
  holdsStream(url: string, credentials: CameraCredentials): boolean;
  /** Another number after each change of what is held, the end of a day without news excepted. */
  revision(): number;
  /** Settles when everything that was noted is stored. */
  settled(): Promise<void>;
}

export const refusedForMs = 24 * 3_600_000;
/** The strictest cameras that are known lock after five. */
const mostRefusals = 4;

/** Loads what was refused in the last day. */
export async function createCredentialBreaker(
  sql: Sql,
  secretKey: SecretKey,
  clock: Clock,
  log: Logger,
): Promise<CredentialBreaker> {
  const refusals = new Map<string, Map<string, number>>();
  const portsOf = new Map<string, Set<number>>();
  const know = ({ address, onvifPort }: CameraEndpoint) => {
    const ports = portsOf.get(address);
    if (ports === undefined) portsOf.set(address, new Set([onvifPort]));
    else ports.add(onvifPort);
  };
  const pending = new Set<Promise<void>>();
  let revision = 0;
  for (const row of await readRefusedCredentials(sql, clock.nowMs() - refusedForMs)) {
    const place = `${row.address} ${row.onvifPort}`;
    const there = refusals.get(place) ?? new Map<string, number>();
    there.set(Buffer.from(row.fingerprint).toString('base64'), row.refusedAt);
    refusals.set(place, there);
    know(row);
  }

  const placeOf = ({ address, onvifPort }: CameraEndpoint) => `${address} ${onvifPort}`;
  const store = (work: Promise<void>) => {
    const done = work.catch((error) =>
      log.warn({ err: error }, 'a refused password could not be noted'),
    );
    pending.add(done);
    void done.then(() => pending.delete(done));
  };

  const refusedAt = (endpoint: CameraEndpoint): Map<string, number> => {
    const there = refusals.get(placeOf(endpoint)) ?? new Map<string, number>();
    const sinceMs = clock.nowMs() - refusedForMs;
    for (const [fingerprint, atMs] of there) if (atMs <= sinceMs) there.delete(fingerprint);
    return there;
  };

  const holds = (endpoint: CameraEndpoint, credentials: CameraCredentials): boolean => {
    const there = refusedAt(endpoint);
    if (there.size === 0) return false;
    return allKeys(secretKey).some((key) => there.has(fingerprintOf(key, credentials)));
  };
  const refused = (
    endpoint: CameraEndpoint,
    credentials: CameraCredentials,
    atMs: number = clock.nowMs(),
  ) => {
    if (atMs <= clock.nowMs() - refusedForMs) return;
    const there = refusedAt(endpoint);
    const fingerprint = fingerprintOf(currentKey(secretKey), credentials);
    if ((there.get(fingerprint) ?? 0) >= atMs) return;
    if (!there.has(fingerprint)) revision += 1;
    there.set(fingerprint, atMs);
    refusals.set(placeOf(endpoint), there);
    know(endpoint);
    const row = { ...endpoint, fingerprint: Buffer.from(fingerprint, 'base64'), refusedAt: atMs };
    store(storeRefusedCredential(sql, row));
  };
  const accept = (endpoint: CameraEndpoint, credentials: CameraCredentials) => {
    const there = refusals.get(placeOf(endpoint));
    if (there === undefined) return;
    for (const key of allKeys(secretKey)) {
      const fingerprint = fingerprintOf(key, credentials);
      if (!there.delete(fingerprint)) continue;
      revision += 1;
      const row = { ...endpoint, fingerprint: Buffer.from(fingerprint, 'base64') };
      store(deleteRefusedCredential(sql, row));
    }
  };

  return {
    revision: () => revision,
    streamRefused(url, endpoint, credentials, atMs) {
      const place = streamPlace(url);
      // What is held already was not tried: the fact repeats what is known.
      if (place === null || holds(place, credentials)) return;
      refused(place, credentials, atMs);
      refused(endpoint, credentials, atMs);
    },
    streamAccepted(url, credentials) {
      const place = streamPlace(url);
      if (place !== null) accept(place, credentials);
    },
    holdsStream(url, credentials) {
      const place = streamPlace(url);
      return place !== null && holds(place, credentials);
    },
    guessesLeft: (endpoint) => Math.max(0, mostRefusals - refusedAt(endpoint).size),
    holds,
    refused,
    accepted(endpoint, credentials) {
      for (const onvifPort of portsOf.get(endpoint.address) ?? []) {
        accept({ ...endpoint, onvifPort }, credentials);
      }
    },
    async settled() {
      await Promise.all(pending);
    },
  };
}

const rtspPort = 554;

/** RTSP has a place of its own in the table: its port stands where that of ONVIF does. */
function streamPlace(url: string): CameraEndpoint | null {
  if (!URL.canParse(url)) return null;
  const { hostname, port } = new URL(url);
  return { address: hostname, onvifPort: port === '' ? rtspPort : Number(port) };
}

/** Keyed, so that whoever reads the table cannot try passwords against it. */
function fingerprintOf(key: Buffer, { username, password }: CameraCredentials): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(['refused credential', username, password]))
    .digest('base64');
}
