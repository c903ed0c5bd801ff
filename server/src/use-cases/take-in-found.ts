import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { DiscoveryView, PlanReport } from '@nigehban/domain/api/http-types.ts';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import { planFound, unplannedConstituency, unplannedDistrict } from '../plan/plan-found.ts';
import type { Sql } from '../store/database.ts';
import { addMissingDistricts } from '../store/district-store.ts';
import { countConstituencyCameras } from '../store/plan-store.ts';
import { importPlan } from './import-plan.ts';

/**
 * Takes cameras that discovery found and no plan knows into provisional stations, so that they are
 * recorded and watched meanwhile. Cameras that are in a plan, did not let us in or do not say who they
 * are stay out. A later plan that names their serial or MAC moves them.
 */
export async function takeInFound(
  sql: Sql,
  secretKey: SecretKey,
  view: DiscoveryView,
  credentials: CameraCredentials | null,
  nowMs: number,
): Promise<PlanReport | null> {
  const found = view.found.flatMap(({ address, onvifPort, identity, boundTo }) =>
    boundTo === null && identity !== null
      ? [{ address, onvifPort, serial: identity.serial, mac: identity.mac }]
      : [],
  );
  if (found.length === 0) return null;
  await addMissingDistricts(sql, [unplannedDistrict]);
  const taken = await countConstituencyCameras(sql, unplannedConstituency);
  const text = planFound(found, taken, credentials);
  return await importPlan(sql, secretKey, { text, actor: null, address: null }, nowMs);
}
