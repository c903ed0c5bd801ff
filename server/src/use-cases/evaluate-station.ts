import { isDown } from '@nigehban/domain/camera-state.ts';
import { decideStationAlert, deriveStationState } from '@nigehban/domain/station-state.ts';
import {
  type AlertCauses,
  closeAlert,
  insertAlert,
  lockStation,
  readOpenAlert,
  readStationCameras,
  type StationCameraRow,
  updateAlert,
} from '../store/alert-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';

/**
 * Makes a station's alert say what its cameras say now: opens, updates or closes it. Idempotent and
 * safe in parallel: evaluations of one station wait for each other, and each reads what is stored.
 */
export async function evaluateStation(sql: Sql, stationId: number, nowMs: number): Promise<void> {
  await sql.begin(async (tx) => {
    if (!(await lockStation(tx, stationId))) return;
    const cameras = await readStationCameras(tx, stationId);
    const open = await readOpenAlert(tx, stationId);
    const state = deriveStationState(cameras);
    const decision = decideStationAlert(open, state);
    const causes = causesOf(cameras);
    if (decision.kind === 'close' && open !== null) {
      await closeAlert(tx, open.id, nowMs);
      await announce(tx, { topic: 'alert', id: open.id });
      return;
    }
    if (state.kind === 'OK') return;
    const content = { ...state, kind: state.kind, causes };
    if (open === null) {
      const id = await insertAlert(tx, stationId, content, nowMs);
      await announce(tx, { topic: 'alert', id });
      return;
    }
    // A camera can fail in another way while the station's state stays: the alert tells it too.
    const news =
      decision.kind === 'update' ||
      open.cameras !== state.cameras ||
      !sameCauses(open.causes, causes);
    if (!news) return;
    await updateAlert(tx, open.id, content, nowMs);
    await announce(tx, { topic: 'alert', id: open.id });
  });
}

function causesOf(cameras: readonly StationCameraRow[]): AlertCauses {
  return cameras
    .filter((camera) => isDown(camera.state))
    .map(({ cameraId, cameraCode, state, fault }) => ({ cameraId, cameraCode, state, fault }));
}

function sameCauses(a: AlertCauses, b: AlertCauses): boolean {
  return (
    a.length === b.length &&
    a.every((cause, index) => {
      const other = b[index];
      return (
        other !== undefined &&
        cause.cameraId === other.cameraId &&
        cause.state === other.state &&
        cause.fault === other.fault
      );
    })
  );
}
