import type {
  CameraDetail,
  CameraView,
  StationDetail,
  StationView,
} from '@nigehban/domain/api/http-types.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault, faultCatalogue } from '@nigehban/domain/faults.ts';
import type { ViewApprovalPolicy } from '@nigehban/domain/view-approval.ts';
import { readAlerts } from '../store/alert-store.ts';
import { loadCameraStates, readTransitions } from '../store/camera-state-store.ts';
import { readAssets } from '../store/camera-store.ts';
import type { Sql } from '../store/database.ts';
import { type CameraFilter, readCameras, readStations } from '../store/station-store.ts';
import { readStationSupply } from '../store/supply-store.ts';
import type { CameraMonitor } from './camera-monitor.ts';
import { viewReasons } from './read-camera-health.ts';

const historyLength = 50;
const stationAlerts = 20;

/** Cameras as stored, with what the monitor knows at this moment. */
export async function listCameras(
  sql: Sql,
  monitor: CameraMonitor,
  filter: CameraFilter = {},
  viewApproval: ViewApprovalPolicy = 'required',
): Promise<readonly CameraView[]> {
  const cameras = await readCameras(sql, filter, viewApproval);
  return cameras.map((camera) => withLiveStatus(camera, monitor));
}

function withLiveStatus(camera: CameraView, monitor: CameraMonitor): CameraView {
  const { lastFrameMs } = monitor.status(camera.id);
  return { ...camera, lastFrameMs: lastFrameMs ?? camera.lastFrameMs };
}

export async function listStations(sql: Sql): Promise<readonly StationView[]> {
  return await readStations(sql);
}

/** @throws Fault STATION_UNKNOWN */
export async function readStation(
  sql: Sql,
  monitor: CameraMonitor,
  code: string,
  viewApproval: ViewApprovalPolicy = 'required',
): Promise<StationDetail> {
  const [station] = await readStations(sql, { codes: [code] });
  if (station === undefined) throw new Fault('STATION_UNKNOWN', `No polling station ${code}`);
  const cameraList = await listCameras(sql, monitor, { stationCode: code }, viewApproval);
  const alerts = await readAlerts(sql, { stationCode: code, limit: stationAlerts });
  const { uplink = null, feeder = null } = (await readStationSupply(sql, code)) ?? {};
  return { ...station, uplink, feeder, cameraList, alerts };
}

/** @throws Fault CAMERA_UNKNOWN */
export async function readCamera(
  sql: Sql,
  monitor: CameraMonitor,
  cameraId: CameraId,
  viewApproval: ViewApprovalPolicy = 'required',
): Promise<CameraDetail> {
  const [camera] = await listCameras(sql, monitor, { ids: [cameraId] }, viewApproval);
  const [asset] = await readAssets(sql, [cameraId]);
  const [station] =
    camera === undefined ? [] : await readStations(sql, { codes: [camera.stationCode] });
  if (camera === undefined || asset === undefined || station === undefined) {
    throw new Fault('CAMERA_UNKNOWN', `No camera ${cameraId} in the plan`);
  }
  const { counters } = monitor.status(cameraId);
  const [stored] = await loadCameraStates(sql, [cameraId]);
  const history = await readTransitions(sql, cameraId, historyLength);
  const clockOffsetMs =
    counters.find((counter) => counter.clockOffsetMs !== null)?.clockOffsetMs ??
    asset.clockOffsetMs;
  return {
    ...camera,
    station,
    address: asset.address,
    identity:
      asset.manufacturer === null
        ? null
        : {
            manufacturer: asset.manufacturer,
            model: asset.model ?? '',
            firmware: asset.firmware ?? '',
            serial: asset.serial,
            mac: asset.mac,
          },
    streams: asset.streams.map(({ quality, codec, widthPx, heightPx, frameRateFps }) => ({
      quality,
      codec,
      widthPx,
      heightPx,
      frameRateFps,
    })),
    clockOffsetMs,
    evidence: asset.evidence,
    nextAction: camera.fault === null ? null : faultCatalogue[camera.fault].nextAction,
    reasons: viewReasons(stored?.state.detail.conditions ?? {}),
    flappingSinceMs: stored?.state.detail.flap.sinceMs ?? null,
    counters,
    history,
  };
}
