import { formatPlan, type PlanRow } from '@nigehban/domain/plan-csv.ts';
import type { FleetCameraPlan, FleetPlan, FleetStation } from '@nigehban/test/fleet/fleet-plan.ts';

/** A fleet as the deployment plan that an installer would hand in. */
export function buildPlanCsv(plan: Pick<FleetPlan, 'stations' | 'cameras'>): string {
  return formatPlan(
    plan.cameras.map((camera) => {
      const station = plan.stations.find((one) => one.id === camera.stationId);
      if (station === undefined) throw new Error(`${camera.id} names no station of the plan`);
      return rowOf(station, camera, cameraNumberOf(plan, camera));
    }),
  );
}

function cameraNumberOf(plan: Pick<FleetPlan, 'cameras'>, camera: FleetCameraPlan): number {
  const place = (one: FleetCameraPlan) =>
    one.stationId === camera.stationId && one.booth === camera.booth;
  return plan.cameras.filter(place).indexOf(camera) + 1;
}

function rowOf(station: FleetStation, camera: FleetCameraPlan, cameraNumber: number): PlanRow {
  return {
    district_code: station.districtCode,
    constituency: `NA-${station.nationalConstituency}`,
    station_no: station.stationNumber,
    station_name: station.name,
    station_name_ur: station.nameUr,
    category: 'HIGHLY_SENSITIVE',
    station_type: station.kind,
    lat: station.latitude,
    lon: station.longitude,
    uplink: station.uplink,
    feeder: station.feeder,
    placement: camera.placement,
    booth: camera.booth,
    camera_no: cameraNumber,
    serial: camera.serial,
    mac: camera.mac,
    address: camera.address,
    onvif_port: camera.httpPort,
    username: camera.username,
    password: camera.password,
  };
}
