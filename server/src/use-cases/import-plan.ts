import { readFile } from 'node:fs/promises';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { PlanReport } from '@nigehban/domain/api/http-types.ts';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import { readRecords } from '../plan/parse-csv.ts';
import { type PlanError, type PlannedCamera, parsePlan } from '../plan/parse-plan.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';
import {
  type CameraWrite,
  type ExistingCamera,
  findExistingCameras,
  insertDistricts,
  lockPlan,
  readDistrictCodes,
  upsertCameras,
  upsertStations,
} from '../store/plan-store.ts';
import { openCredentials, sealCredentials } from './camera-credentials.ts';

/**
 * Loads a deployment plan (CSV, one camera a row) in one transaction: adds and changes, never
 * removes. Loading the same plan again changes nothing. Bad rows are left out and reported.
 * @throws Fault PLAN_INVALID when the text as a whole is no plan.
 */
export async function importPlan(
  sql: Sql,
  secretKey: SecretKey,
  given: { readonly text: string; readonly actor: string | null; readonly address: string | null },
  nowMs: number,
): Promise<PlanReport> {
  return await sql.begin(async (tx) => {
    await lockPlan(tx);
    const plan = parsePlan(given.text, await readDistrictCodes(tx));
    const existing = await findExistingCameras(tx, plan.cameras);
    const { writes, added, unchanged, errors } = compare(plan.cameras, existing, secretKey);
    await upsertStations(tx, plan.stations);
    await upsertCameras(tx, writes, nowMs);
    const changed = writes.length - added;
    if (writes.length > 0) {
      const details = { rows: plan.rows, added, changed };
      const { actor, address } = given;
      await addAudit(tx, { actor, address, action: 'plan.import', subject: null, details }, nowMs);
    }
    await announce(tx, { topic: 'plan' });
    return {
      rows: plan.rows,
      stations: plan.stations.length,
      cameras: added + changed + unchanged,
      added,
      changed,
      unchanged,
      errors: [...plan.errors, ...errors].sort((a, b) => a.row - b.row),
    };
  });
}

function compare(
  cameras: readonly PlannedCamera[],
  existing: readonly ExistingCamera[],
  secretKey: SecretKey,
): { writes: CameraWrite[]; added: number; unchanged: number; errors: PlanError[] } {
  const byCode = new Map(existing.map((camera) => [camera.code, camera]));
  const bySerial = new Map(existing.map((camera) => [camera.serial, camera.code]));
  const byMac = new Map(existing.map((camera) => [camera.mac, camera.code]));
  const writes: CameraWrite[] = [];
  const errors: PlanError[] = [];
  let added = 0;
  let unchanged = 0;
  for (const camera of cameras) {
    const serialOf =
      camera.serial === null ? camera.code : (bySerial.get(camera.serial) ?? camera.code);
    const macOf = camera.mac === null ? camera.code : (byMac.get(camera.mac) ?? camera.code);
    if (serialOf !== camera.code || macOf !== camera.code) {
      const field = serialOf !== camera.code ? 'serial' : 'mac';
      const owner = serialOf !== camera.code ? serialOf : macOf;
      errors.push({ row: camera.row, field, message: `Belongs to camera ${owner} already` });
      continue;
    }
    const former = byCode.get(camera.code);
    const identityChanged =
      former !== undefined &&
      ((camera.serial !== null && camera.serial !== former.serial) ||
        (camera.mac !== null && camera.mac !== former.mac));
    const addressChanged =
      former !== undefined &&
      (camera.address !== former.plannedAddress || camera.onvifPort !== former.plannedOnvifPort);
    const credentialsChanged = !sameCredentials(camera, former, secretKey);
    const placeChanged = camera.placement !== former?.placement || camera.booth !== former?.booth;
    if (former === undefined) added += 1;
    else if (!identityChanged && !addressChanged && !credentialsChanged && !placeChanged) {
      unchanged += 1;
      continue;
    }
    const credentials = credentialsOf(camera);
    writes.push({
      camera,
      sealedCredentials:
        credentials !== null && credentialsChanged
          ? sealCredentials(secretKey, camera.code, credentials)
          : null,
      registerAgain: identityChanged || addressChanged,
    });
  }
  return { writes, added, unchanged, errors };
}

/** A plan without credentials says nothing of them. */
function sameCredentials(
  camera: PlannedCamera,
  former: ExistingCamera | undefined,
  secretKey: SecretKey,
): boolean {
  const planned = credentialsOf(camera);
  if (planned === null) return true;
  if (former === undefined || former.sealedCredentials === null) return false;
  try {
    const stored = openCredentials(secretKey, camera.code, former.sealedCredentials);
    return stored.username === planned.username && stored.password === planned.password;
  } catch {
    return false;
  }
}

function credentialsOf(camera: PlannedCamera): CameraCredentials | null {
  return camera.username === null
    ? null
    : { username: camera.username, password: camera.password ?? '' };
}

/** Adds the districts of a file (`code,district,division,lat,lon,…,ur`) whose codes are new. */
export async function importDistricts(sql: Sql, file: string): Promise<void> {
  const records = readRecords(await readFile(file, 'utf8'), ['code', 'district', 'division', 'ur']);
  const degrees = (text: string | undefined) =>
    text === undefined || text === '' ? null : Number(text);
  await insertDistricts(
    sql,
    records.map(({ values }) => ({
      code: values.code ?? '',
      name: values.district ?? '',
      nameUr: values.ur ?? '',
      division: values.division ?? '',
      lat: degrees(values.lat),
      lon: degrees(values.lon),
    })),
  );
}
