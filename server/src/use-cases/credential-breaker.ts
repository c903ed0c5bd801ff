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
  refused(endpoint: CameraEndpoint, credentials: CameraCredentials): void;
  accepted(endpoint: CameraEndpoint, credentials: CameraCredentials): void;
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
  const pending = new Set<Promise<void>>();
  for (const row of await readRefusedCredentials(sql, clock.nowMs() - refusedForMs)) {
    const place = `${row.address} ${row.onvifPort}`;
    const there = refusals.get(place) ?? new Map<string, number>();
    there.set(Buffer.from(row.fingerprint).toString('base64'), row.refusedAt);
    refusals.set(place, there);
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

  return {
    guessesLeft: (endpoint) => Math.max(0, mostRefusals - refusedAt(endpoint).size),
    holds(endpoint, credentials) {
      const there = refusedAt(endpoint);
      if (there.size === 0) return false;
      return allKeys(secretKey).some((key) => there.has(fingerprintOf(key, credentials)));
    },
    refused(endpoint, credentials) {
      const place = placeOf(endpoint);
      const there = refusedAt(endpoint);
      const fingerprint = fingerprintOf(currentKey(secretKey), credentials);
      const atMs = clock.nowMs();
      there.set(fingerprint, atMs);
      refusals.set(place, there);
      const row = { ...endpoint, fingerprint: Buffer.from(fingerprint, 'base64'), refusedAt: atMs };
      store(storeRefusedCredential(sql, row));
    },
    accepted(endpoint, credentials) {
      const there = refusals.get(placeOf(endpoint));
      if (there === undefined) return;
      for (const key of allKeys(secretKey)) {
        const fingerprint = fingerprintOf(key, credentials);
        if (!there.delete(fingerprint)) continue;
        const row = { ...endpoint, fingerprint: Buffer.from(fingerprint, 'base64') };
        store(deleteRefusedCredential(sql, row));
      }
    },
    async settled() {
      await Promise.all(pending);
    },
  };
}

/** Keyed, so that whoever reads the table cannot try passwords against it. */
function fingerprintOf(key: Buffer, { username, password }: CameraCredentials): string {
  return createHmac('sha256', key)
    .update(JSON.stringify(['refused credential', username, password]))
    .digest('base64');
}
