import { createHmac, randomUUID } from 'node:crypto';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { allKeys, currentKey, type SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { CameraCredentials, CameraEndpoint } from '@nigehban/domain/camera.ts';
import type { Change } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';
import {
  isRefused,
  type RefusalChange,
  readRefusals,
  storeRefusals,
} from '../store/refusal-store.ts';
import { createGatherer } from './gather-work.ts';

/**
 * Keeps cameras from locking us out: which credentials an address refused in the last day. It is
 * asked before every attempt that no person ordered, outlives a restart, and hears of what other
 * server processes notice.
 */
export interface CredentialBreaker {
  /** True when these were refused there within a day. */
  holds(endpoint: CameraEndpoint, credentials: CameraCredentials): boolean;
  /**
   * As `holds`, by what every process stored, too: a notice may be on its way. For attempts that are
   * few or take long; what is known here alone counts while the database is away.
   */
  holdsAnywhere(endpoint: CameraEndpoint, credentials: CameraCredentials): Promise<boolean>;
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
  /** Takes in what another process noticed, or all anew when the feed was broken. */
  changed(change: Change): void;
  /** Settles when everything that was noted is stored. */
  settled(): Promise<void>;
}

export const refusedForMs = 24 * 3_600_000;
/** Refusals that come together are stored together. */
const storeEveryMs = 100;
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
  const self = randomUUID();
  let revision = 0;
  let loading = Promise.resolve();
  /** What is not stored yet, or could not be. */
  const unsaved = new Map<string, RefusalChange>();
  /** What changed since the last load began. */
  const touched = new Set<string>();

  const placeOf = ({ address, onvifPort }: CameraEndpoint) => `${address} ${onvifPort}`;
  const keyOf = (change: RefusalChange) => `${placeOf(change)} ${change.fingerprint}`;
  const gatherer = createGatherer<RefusalChange>(clock, storeEveryMs, async (changes) => {
    // What was noticed last of a password counts.
    const last = new Map(changes.map((change) => [keyOf(change), change]));
    await storeRefusals(sql, [...last.values()], self);
    for (const change of changes) {
      if (unsaved.get(keyOf(change)) === change) unsaved.delete(keyOf(change));
    }
  });
  const store = (changes: readonly RefusalChange[]) => {
    for (const change of changes) {
      unsaved.set(keyOf(change), change);
      touched.add(keyOf(change));
    }
    gatherer
      .add(changes)
      .catch((error) => log.warn({ err: error }, 'a refused password could not be noted'));
  };
  /** What is stored already. True when it is news. */
  const take = (change: RefusalChange): boolean => {
    const there = refusals.get(placeOf(change)) ?? new Map<string, number>();
    const { fingerprint, refusedAtMs } = change;
    if (refusedAtMs === null) return there.delete(fingerprint);
    const known = there.get(fingerprint);
    there.set(fingerprint, Math.max(known ?? 0, refusedAtMs));
    refusals.set(placeOf(change), there);
    know(change);
    return known === undefined;
  };
  const load = async () => {
    touched.clear();
    for (const key of unsaved.keys()) touched.add(key);
    const rows = await readRefusals(sql, clock.nowMs() - refusedForMs);
    const stored = new Set(rows.map(keyOf));
    let isNews = false;
    for (const [place, there] of refusals) {
      for (const fingerprint of there.keys()) {
        const key = `${place} ${fingerprint}`;
        // Accepted, as another process noticed.
        const isOver = !stored.has(key) && !touched.has(key);
        if (isOver && there.delete(fingerprint)) isNews = true;
      }
    }
    for (const row of rows) if (!touched.has(keyOf(row)) && take(row)) isNews = true;
    if (isNews) revision += 1;
  };
  await load();

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
    const { address, onvifPort } = endpoint;
    store([{ address, onvifPort, fingerprint, refusedAtMs: atMs }]);
  };
  const accept = (endpoint: CameraEndpoint, credentials: CameraCredentials) => {
    const there = refusals.get(placeOf(endpoint));
    if (there === undefined) return;
    for (const key of allKeys(secretKey)) {
      const fingerprint = fingerprintOf(key, credentials);
      if (!there.delete(fingerprint)) continue;
      revision += 1;
      const { address, onvifPort } = endpoint;
      store([{ address, onvifPort, fingerprint, refusedAtMs: null }]);
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
    async holdsAnywhere(endpoint, credentials) {
      if (holds(endpoint, credentials)) return true;
      const fingerprints = allKeys(secretKey).map((key) => fingerprintOf(key, credentials));
      try {
        return await isRefused(sql, endpoint, fingerprints, clock.nowMs() - refusedForMs);
      } catch (error) {
        log.debug({ err: error }, 'refused passwords cannot be read');
        return false;
      }
    },
    changed(change) {
      if (change.topic === 'resumed') {
        store([...unsaved.values()]);
        loading = gatherer
          .settled()
          .then(load)
          .catch((error) => log.warn({ err: error }, 'refused passwords could not be read again'));
      }
      if (change.topic !== 'refusals' || change.by === self) return;
      let isNews = false;
      for (const one of change.refusals) {
        touched.add(keyOf(one));
        if (take(one)) isNews = true;
      }
      if (isNews) revision += 1;
    },
    refused,
    accepted(endpoint, credentials) {
      for (const onvifPort of portsOf.get(endpoint.address) ?? []) {
        accept({ ...endpoint, onvifPort }, credentials);
      }
    },
    async settled() {
      await loading;
      await gatherer.settled();
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
