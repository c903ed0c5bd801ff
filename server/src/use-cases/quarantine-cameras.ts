import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { QuarantineView } from '@nigehban/domain/api/discovery-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';
import { actAs } from '../store/lifecycle-store.ts';
import { ignoreQuarantine, type QuarantineRow, readQuarantine } from '../store/quarantine-store.ts';
import { storeIdentity } from '../store/registration-store.ts';
import type { CameraDirectory } from './camera-directory.ts';
import type { Enroller } from './enrol-camera.ts';
import { openFound } from './found-credentials.ts';
import type { Asker } from './run-discovery.ts';

/** The list of cameras that were found and wait for a person. */
export interface Quarantine {
  list(): Promise<readonly QuarantineView[]>;
  /**
   * Puts the device into the place of a camera of the plan: its serial and MAC become that camera's,
   * and it is registered. @throws Fault NOT_FOUND, CAMERA_UNKNOWN, CAMERA_IDENTITY_MISMATCH when the
   * device does not say who it is, and the CAMERA_… fault that keeps it from being registered.
   */
  bind(id: number, cameraCode: string, asker: Asker): Promise<readonly QuarantineView[]>;
  /** It is none of ours: it is shown again when it is seen somewhere else. @throws Fault NOT_FOUND */
  ignore(id: number, asker: Asker): Promise<readonly QuarantineView[]>;
}

export function createQuarantine(ports: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly secretKey: SecretKey;
  readonly directory: CameraDirectory;
  readonly enroller: Enroller;
}): Quarantine {
  const { sql, clock, secretKey, directory, enroller } = ports;

  const list = async () => (await readQuarantine(sql)).map(viewOf);
  const find = async (id: number): Promise<QuarantineRow> => {
    const [row] = await readQuarantine(sql, id);
    if (row === undefined) throw new Fault('NOT_FOUND', `Nothing in quarantine has the id ${id}`);
    return row;
  };

  return {
    list,
    async bind(id, cameraCode, { actor, address }) {
      const row = await find(id);
      const entry = directory.all().find(({ asset }) => asset.code === cameraCode);
      if (entry === undefined) {
        throw new Fault('CAMERA_UNKNOWN', `No camera ${cameraCode} in the plan`);
      }
      const { serial, mac } = row;
      if (serial === null && mac === null) {
        const message =
          'The device does not say who it is: let it in with the right password first';
        throw new Fault('CAMERA_IDENTITY_MISMATCH', message);
      }
      const { asset } = entry;
      const endpoint = { address: row.address, onvifPort: row.onvifPort };
      const nowMs = clock.nowMs();
      const registered = enroller.whereIs(asset.id);
      if (registered !== null) await enroller.displace(asset, `Replaced by ${actor}`, nowMs);
      await sql.begin(async (tx) => {
        await actAs(tx, actor, nowMs);
        await storeIdentity(tx, asset.id, { serial, mac }, endpoint);
        const details = {
          ...{ formerSerial: asset.serial, formerMac: asset.mac, serial, mac },
          at: `${row.address}:${row.onvifPort}`,
        };
        const action = 'quarantine.bind';
        await addAudit(tx, { actor, address, action, subject: cameraCode, details }, nowMs);
        await announce(tx, { topic: 'plan' });
      });
      await directory.load();
      const opened =
        row.sealedCredentials === null
          ? []
          : openFound(secretKey, 'quarantine', row.sealedCredentials);
      const own = entry.credentials === null ? [] : [entry.credentials];
      const outcome = await enroller.enrol(endpoint, opened.length > 0 ? opened : own, true);
      if (outcome.kind === 'failed' || outcome.kind === 'quarantined') throw outcome.fault;
      return await list();
    },
    async ignore(id, { actor, address }) {
      const row = await find(id);
      const nowMs = clock.nowMs();
      await sql.begin(async (tx) => {
        await ignoreQuarantine(tx, id, nowMs);
        const details = { serial: row.serial, mac: row.mac, address: row.address };
        const subject = String(id);
        await addAudit(
          tx,
          { actor, address, action: 'quarantine.ignore', subject, details },
          nowMs,
        );
      });
      return await list();
    },
  };
}

function viewOf(row: QuarantineRow): QuarantineView {
  const { id, address, onvifPort, serial, mac, reason, evidence, candidates } = row;
  const hasIdentity = row.manufacturer !== null || serial !== null || mac !== null;
  return {
    id,
    address,
    onvifPort,
    identity: hasIdentity
      ? {
          manufacturer: row.manufacturer ?? '',
          model: row.model ?? '',
          firmware: row.firmware ?? '',
          serial,
          mac,
        }
      : null,
    reason,
    evidence,
    candidates,
    firstSeenMs: row.firstSeen,
    lastSeenMs: row.lastSeen,
  };
}
