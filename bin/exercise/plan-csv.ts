import { formatCsv } from '@nigehban/domain/csv-rows.ts';
import { planColumns } from '@nigehban/server/plan/parse-plan.ts';
import type { FleetCameraPlan, FleetPlan, FleetStation } from '@nigehban/test/fleet/fleet-plan.ts';

/** A fleet as the deployment plan that an installer would hand in. */
export function buildPlanCsv(plan: Pick<FleetPlan, 'stations' | 'cameras'>): string {
  const rows = plan.cameras.map((camera) => {
    const station = plan.stations.find((one) => one.id === camera.stationId);
    if (station === undefined) throw new Error(`${camera.id} names no station of the plan`);
    return rowOf(station, camera, cameraNumberOf(plan, camera));
  });
  return formatCsv([planColumns, ...rows]);
}

function cameraNumberOf(plan: Pick<FleetPlan, 'cameras'>, camera: FleetCameraPlan): number {
  const place = (one: FleetCameraPlan) =>
    one.stationId === camera.stationId && one.booth === camera.booth;
  return plan.cameras.filter(place).indexOf(camera) + 1;
}

function rowOf(
  station: FleetStation,
  camera: FleetCameraPlan,
  cameraNumber: number,
): (string | number | null)[] {
  return [
    station.districtCode,
    `NA-${station.nationalConstituency}`,
    station.stationNumber,
    station.name,
    station.nameUr,
    'HIGHLY_SENSITIVE',
    station.kind,
    station.latitude,
    station.longitude,
    camera.placement,
    camera.booth,
    cameraNumber,
    camera.serial,
    camera.mac,
    camera.address,
    camera.httpPort,
    camera.username,
    camera.password,
  ];
}
