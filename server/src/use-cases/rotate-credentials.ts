import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { isSealedWithCurrent } from '@nigehban/config/secrets/sealed-box.ts';
import type {
  CredentialsBody,
  CredentialsReport,
  ResealReport,
} from '@nigehban/domain/api/lifecycle-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import {
  lockScope,
  lockSealed,
  type SealedRow,
  type SealedWrite,
  storeCredentials,
  storeResealed,
} from '../store/credential-store.ts';
import type { Sql } from '../store/database.ts';
import { actAs } from '../store/lifecycle-store.ts';
import { resealPolicies } from '../store/policy-store.ts';
import type { Person } from './approve-view.ts';
import { openCredentials, sealCredentials } from './camera-credentials.ts';
import { resealPassword } from './policy-secrets.ts';

export interface Credentials {
  /**
   * Gives the cameras of one scope new credentials in one transaction: they are tried at once, once.
   * @throws Fault REQUEST_INVALID unless exactly one scope is named; CAMERA_UNKNOWN for an empty one
   */
  set(body: CredentialsBody, person: Person): Promise<CredentialsReport>;
  /**
   * Seals everything with the current key, a thousand cameras in a transaction: killed in between it
   * has lost nothing and goes on where it was. Doing it again changes nothing.
   */
  reseal(person: Person): Promise<ResealReport>;
  /** What is still sealed with former keys. */
  state(): Promise<ResealReport>;
}

const batchSize = 1_000;

export function createCredentials(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly secretKey: SecretKey;
}): Credentials {
  const { sql, clock, secretKey } = options;

  /** Walks over everything that is sealed; `store` false only counts. */
  const walk = async (store: boolean): Promise<ResealReport> => {
    const lost: string[] = [];
    let resealed = 0;
    let remaining = 0;
    for (let afterId = 0; ; ) {
      const last = await sql.begin(async (tx) => {
        const rows = await lockSealed(tx, afterId, batchSize);
        const writes: SealedWrite[] = [];
        for (const row of rows) {
          if (isCurrent(secretKey, row)) continue;
          const write = resealRow(secretKey, row);
          if (write === null) lost.push(row.code);
          else writes.push(write);
        }
        if (store && writes.length > 0) await storeResealed(tx, writes);
        if (store) resealed += writes.length;
        else remaining += writes.length;
        return rows.at(-1)?.id ?? null;
      });
      if (last === null) break;
      afterId = last;
    }
    return { done: remaining === 0 && lost.length === 0, resealed, remaining, lost };
  };

  return {
    async set(body, person) {
      const { username, password, ...scope } = body;
      const named = [scope.cameraIds, scope.stationCode, scope.districtCode];
      if (named.filter((one) => one !== undefined).length !== 1) {
        throw new Fault('REQUEST_INVALID', 'Name cameraIds, stationCode or districtCode');
      }
      return await sql.begin(async (tx) => {
        const nowMs = clock.nowMs();
        await actAs(tx, person.username, nowMs);
        const rows = await lockScope(tx, scope);
        if (rows.length === 0) throw new Fault('CAMERA_UNKNOWN', 'There is no camera there');
        const changed = rows.filter((row) => !hasCredentials(secretKey, row, username, password));
        for (let from = 0; from < changed.length; from += batchSize) {
          const writes = changed.slice(from, from + batchSize).map((row) => ({
            id: row.id,
            credentials: sealCredentials(secretKey, row.code, { username, password }),
          }));
          await storeCredentials(tx, writes);
        }
        const subject =
          scope.stationCode ??
          scope.districtCode ??
          (rows.length === 1 ? (rows[0]?.code ?? null) : null);
        const details = { cameras: rows.length, changed: changed.length };
        const { username: actor, address } = person;
        const action = 'camera.credentials';
        await addAudit(tx, { actor, address, action, subject, details }, nowMs);
        await announce(tx, { topic: 'plan' });
        return { changed: changed.length, unchanged: rows.length - changed.length };
      });
    },
    async reseal(person) {
      const report = await walk(true);
      await resealPolicies(sql, (row) => resealPassword(secretKey, row));
      const { username: actor, address } = person;
      const details = { resealed: report.resealed, lost: report.lost.length };
      const action = 'secrets.reseal';
      await addAudit(sql, { actor, address, action, subject: null, details }, clock.nowMs());
      return report;
    },
    state: () => walk(false),
  };
}

function isCurrent(key: SecretKey, row: SealedRow): boolean {
  return [row.sealedCredentials, row.pendingCredentials].every(
    (sealed) => sealed === null || isSealedWithCurrent(key, sealed),
  );
}

/** Null when one of them opens with none of the keys. */
function resealRow(key: SecretKey, row: SealedRow): SealedWrite | null {
  const again = (sealed: Uint8Array | null): Buffer | null =>
    sealed === null || isSealedWithCurrent(key, sealed)
      ? null
      : sealCredentials(key, row.code, openCredentials(key, row.code, sealed));
  try {
    const credentials = again(row.sealedCredentials);
    return { id: row.id, credentials, pending: again(row.pendingCredentials) };
  } catch {
    return null;
  }
}

function hasCredentials(
  key: SecretKey,
  row: SealedRow,
  username: string,
  password: string,
): boolean {
  if (row.sealedCredentials === null || row.pendingCredentials !== null) return false;
  try {
    const stored = openCredentials(key, row.code, row.sealedCredentials);
    return stored.username === username && stored.password === password;
  } catch {
    return false;
  }
}
