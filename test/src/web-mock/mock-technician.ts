import type { AssetView, CameraHistory } from '@nigehban/domain/api/lifecycle-types.ts';
import type { CameraPolicyView } from '@nigehban/domain/api/tool-types.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import { can } from '@nigehban/domain/permissions.ts';
import type { MockFleet } from './mock-fleet.ts';
import { clockOf, clockReason, type MockClocks } from './mock-health.ts';
import type { MockPart } from './mock-part.ts';

/** Tools, policy and assignments of one camera. Pictures are the server's own. */
export function createMockTechnician(fleet: MockFleet, clocks: MockClocks): MockPart {
  const corrected = new Set<number>();
  return ({ method, path: [resource, key, part, tool], body, role, nowMs }) => {
    if (resource === 'assets') return [spare(nowMs)];
    const camera = fleet.cameras.find(({ id }) => id === Number(key));
    if (camera === undefined) return undefined;
    if (part === undefined) {
      const clockOffsetMs = clockOf(clocks, camera.id);
      const reasons = Math.abs(clockOffsetMs) > 5_000 ? [clockReason(clockOffsetMs, nowMs)] : [];
      return { ...fleet.describeCamera(camera, nowMs), clockOffsetMs, reasons };
    }
    if (part === 'history') return history(fleet, camera.id, nowMs);
    if (part === 'policy') {
      if (method === 'POST' && (body as { correct: boolean }).correct) corrected.add(camera.id);
      return policyOf(camera, corrected.has(camera.id), nowMs);
    }
    if (part === 'transfer' || part === 'retire' || part === 'replace') {
      return history(fleet, camera.id, nowMs).assignments[0];
    }
    if (part !== 'tools' || tool === 'snapshot') return undefined;
    if (!can(role, tool === 'ping' || tool === 'probe' ? 'camera.probe' : 'camera.service')) {
      throw new Fault('PERMISSION_DENIED', 'Not for this role');
    }
    switch (tool) {
      case 'ping':
        return {
          ports: [
            { port: 8000, connectMs: 3.2, fault: null },
            {
              port: 554,
              connectMs: null,
              fault: toFaultMessage(new Fault('CAMERA_TIMEOUT', 'connect: no answer in 3 s')),
            },
          ],
        };
      case 'time': {
        const beforeMs = clockOf(clocks, camera.id);
        clocks.set(camera.id, 40);
        return { beforeMs, afterMs: 40 };
      }
      case 'reboot':
        return { message: 'Rebooting in 5 seconds' };
      case 'credentials': {
        const { password, store } = body as { password: string; store: boolean };
        const accepted = password === 'right';
        return { accepted, fault: null, stored: accepted && store };
      }
      case 'probe':
        return {
          identity: fleet.describeCamera(camera, nowMs).identity,
          clockOffsetMs: clockOf(clocks, camera.id),
          fault: null,
          calls: [
            { operation: 'GetSystemDateAndTime', durationMs: 21, fault: null },
            { operation: 'GetDeviceInformation', durationMs: 34, fault: null },
            { operation: 'GetProfiles', durationMs: 148, fault: null },
            { operation: 'GetStreamUri', durationMs: 39, fault: null },
            {
              operation: 'SetSynchronizationPoint',
              durationMs: 55,
              fault: toFaultMessage(
                new Fault('CAMERA_OPERATION_UNSUPPORTED', 'ter:ActionNotSupported'),
              ),
            },
          ],
        };
      default:
        return undefined;
    }
  };
}

function spare(nowMs: number): AssetView {
  return {
    id: 90_001,
    code: 'SPARE-0417',
    lifecycle: 'spare',
    serial: 'PV2043-90417',
    mac: '02:1f:9a:00:90:01',
    manufacturer: 'Pakvision',
    model: 'PV-2043-IR',
    firmware: '5.7.14 build 231120',
    address: null,
    hasCredentials: false,
    stationCode: null,
    sinceMs: nowMs - 86_400_000,
  };
}

function policyOf(
  camera: MockFleet['cameras'][number],
  corrected: boolean,
  nowMs: number,
): CameraPolicyView {
  const outcome = corrected ? ('set' as const) : ('differs' as const);
  return {
    policy: { ntpServer: '10.0.0.5', osdText: camera.code, hasPassword: false },
    passwordPending: false,
    report: {
      cameraId: camera.id,
      cameraCode: camera.code,
      stationCode: camera.stationCode,
      checkedAtMs: nowMs - 1_800_000,
      corrected,
      differs: corrected ? 0 : 1,
      items: [
        {
          item: 'ntp',
          wanted: '10.0.0.5',
          found: corrected ? '10.0.0.5' : '',
          outcome,
          fault: null,
        },
        {
          item: 'osd',
          wanted: camera.code,
          found: camera.code,
          outcome: 'as-wanted',
          fault: null,
        },
        { item: 'main.bitrate', wanted: '1024', found: null, outcome: 'unsupported', fault: null },
      ],
      fault: null,
      evidence: null,
      nextCheckAtMs: nowMs + 1_800_000,
    },
  };
}

function history(fleet: MockFleet, id: number, nowMs: number): CameraHistory {
  const camera = fleet.cameras.find((one) => one.id === id);
  const station = fleet.stations.find(({ code }) => code === camera?.stationCode);
  const former = fleet.stations.find(({ code }) => code !== camera?.stationCode);
  if (camera === undefined || station === undefined || former === undefined) {
    throw new Fault('CAMERA_UNKNOWN', `No camera ${id}`);
  }
  const assignment = {
    id: 2,
    cameraId: id,
    cameraCode: camera.code,
    stationCode: station.code,
    stationName: station.name,
    stationNameUr: station.nameUr,
    districtCode: station.districtCode,
    placement: camera.placement,
    booth: camera.booth,
    fromMs: nowMs - 3 * 86_400_000,
    toMs: null,
    approvedBy: 'bilal.hussain',
    reason: 'The camera there was broken',
    endedBy: null,
    endReason: null,
    endedHow: null,
    approval: camera.approval,
  };
  return {
    asset: { ...spare(nowMs), id, code: camera.code, lifecycle: 'in-service' },
    assignments: [
      assignment,
      {
        ...assignment,
        id: 1,
        stationCode: former.code,
        stationName: former.name,
        stationNameUr: former.nameUr,
        fromMs: nowMs - 9 * 86_400_000,
        toMs: nowMs - 3 * 86_400_000,
        approvedBy: null,
        reason: null,
        endedBy: 'bilal.hussain',
        endReason: 'The camera there was broken',
        endedHow: 'transfer',
      },
    ],
    events: [],
    views: [],
  };
}
