import type {
  DiscoveryRunBody,
  DiscoveryRunView,
  QuarantineView,
} from '@nigehban/domain/api/discovery-types.ts';
import type { ReferenceView } from '@nigehban/domain/api/view-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { can, insidePlacements } from '@nigehban/domain/permissions.ts';
import type { MockFleet } from './mock-fleet.ts';
import type { MockPart } from './mock-part.ts';

type Writable<View> = { -readonly [Key in keyof View]: View[Key] };

/** Reference pictures and their approval. The pictures are the server's own. */
export function createMockViews(fleet: MockFleet, bootMs: number): MockPart {
  const viewOf = (cameraId: number, approvals: ReferenceView['approvals']): ReferenceView => {
    const camera = fleet.cameras.find(({ id }) => id === cameraId);
    const station = fleet.stations.find(({ code }) => code === camera?.stationCode);
    if (camera === undefined || station === undefined) {
      throw new Fault('CAMERA_UNKNOWN', `No camera ${cameraId}`);
    }
    return {
      id: 100 + cameraId,
      cameraId,
      cameraCode: camera.code,
      stationCode: station.code,
      stationName: station.name,
      stationNameUr: station.nameUr,
      districtCode: station.districtCode,
      placement: camera.placement,
      booth: camera.booth,
      state: 'proposed',
      superseded: false,
      takenAtMs: bootMs - 7_200_000 + cameraId * 1_000,
      takenBy: 'bilal.hussain',
      pictureSha256: '00',
      comparable: true,
      approvalsNeeded: insidePlacements.includes(camera.placement) ? 2 : 1,
      approvals,
      rejection: null,
      approvedViewId: cameraId === 11 ? 90 : null,
    };
  };
  const views: Writable<ReferenceView>[] = [
    viewOf(11, [{ by: 'nadia.rehman', atMs: bootMs - 1_800_000 }]),
    viewOf(14, []),
    viewOf(17, [{ by: 'supervisor', atMs: bootMs - 600_000 }]),
  ];
  for (const view of views) {
    const camera = fleet.cameras.find(({ id }) => id === view.cameraId);
    if (camera !== undefined) camera.approval = 'unapproved';
  }
  return ({ method, path: [resource, cameraId, part, viewId, action], body, role, nowMs }) => {
    if (resource === 'views') {
      if (!can(role, 'view.approve')) throw new Fault('PERMISSION_DENIED', 'Not for this role');
      return views.filter(({ state }) => state === 'proposed');
    }
    if (part !== 'views' || action === 'picture.jpg') return undefined;
    const id = Number(cameraId);
    if (viewId === undefined) {
      if (method === 'GET') return views.filter((view) => view.cameraId === id);
      const taken = { ...viewOf(id, []), takenBy: role, takenAtMs: nowMs };
      views.unshift(taken);
      return taken;
    }
    const view = views.find((one) => one.id === Number(viewId));
    if (view === undefined) throw new Fault('VIEW_UNKNOWN', 'No such picture');
    if (action === 'reject') {
      const { reason } = body as { reason: string };
      Object.assign(view, { state: 'rejected', rejection: { by: role, atMs: nowMs, reason } });
      return view;
    }
    if (view.approvals.some(({ by }) => by === role)) {
      throw new Fault('VIEW_APPROVER_SAME', 'Somebody else has to approve');
    }
    view.approvals = [...view.approvals, { by: role, atMs: nowMs }];
    if (view.approvals.length >= view.approvalsNeeded) view.state = 'approved';
    return view;
  };
}

/** Searches for cameras and what they left for a person. */
export function createMockDiscovery(bootMs: number): MockPart {
  const counts = { found: 412, bound: 388, known: 12, quarantined: 6, refused: 4, failed: 2 };
  const runs: Writable<DiscoveryRunView>[] = [
    {
      id: 2,
      state: 'RUNNING',
      cidrs: ['10.4.0.0/16', '10.5.0.0/16'],
      multicast: false,
      httpPorts: [80, 8000],
      startedBy: 'bilal.hussain',
      startedAtMs: bootMs - 240_000,
      endedAtMs: null,
      chunksDone: 187,
      chunks: 512,
      addressesAsked: 47_872,
      addresses: 131_072,
      counts,
      fault: null,
    },
    {
      id: 1,
      state: 'DONE',
      cidrs: ['10.1.0.0/20'],
      multicast: true,
      httpPorts: [],
      startedBy: 'nadia.rehman',
      startedAtMs: bootMs - 7_200_000,
      endedAtMs: bootMs - 7_000_000,
      chunksDone: 16,
      chunks: 16,
      addressesAsked: 4_096,
      addresses: 4_096,
      counts: { ...counts, quarantined: 0, failed: 0, refused: 0 },
      fault: null,
    },
  ];
  const device = (
    id: number,
    reason: QuarantineView['reason'],
    evidence: string,
    candidates: readonly string[],
  ): QuarantineView => ({
    id,
    address: `10.4.17.${20 + id}`,
    onvifPort: 80,
    identity:
      reason === 'no-identity' || reason === 'credentials-refused'
        ? null
        : {
            manufacturer: 'Pakvision',
            model: 'PV-2043-IR',
            firmware: '5.7.14',
            serial: `PV2043-77${id}10`,
            mac: `02:1f:9a:00:77:${10 + id}`,
          },
    reason,
    evidence,
    candidates,
    firstSeenMs: bootMs - 200_000,
    lastSeenMs: bootMs - 60_000 - id * 1_000,
  });
  let devices = [
    device(1, 'not-in-plan', 'serial PV2043-77110 is in no row of the plan', []),
    device(2, 'credentials-refused', 'ter:NotAuthorized, 2 passwords tried once each', [
      'GE24-NA149-PS066-B1-C2',
    ]),
    device(3, 'replaced', 'GE24-NA122-PS108-B1-C2 was at this address with serial PV2043-48216', [
      'GE24-NA122-PS108-B1-C2',
    ]),
    device(4, 'conflict', 'its MAC belongs to another row than its serial', [
      'GE24-NA117-PS042-B1-C2',
      'GE24-NA057-PS017-E-C1',
    ]),
  ];
  return ({ method, path: [resource, part, id], body, role, nowMs }) => {
    if (resource === 'discovery' || resource === 'quarantine') {
      if (!can(role, 'camera.register')) throw new Fault('PERMISSION_DENIED', 'Not for this role');
    }
    if (resource === 'quarantine') {
      if (method !== 'GET') devices = devices.filter((one) => one.id !== Number(part));
      return devices;
    }
    if (part !== 'runs') return undefined;
    if (method === 'GET') return runs;
    if (method === 'DELETE') {
      const run = runs.find((one) => one.id === Number(id));
      if (run !== undefined) Object.assign(run, { state: 'CANCELLED', endedAtMs: nowMs });
      return run;
    }
    const { cidrs, multicast, httpPorts } = body as DiscoveryRunBody;
    const started: Writable<DiscoveryRunView> = {
      ...(runs[0] as DiscoveryRunView),
      id: runs.length + 1,
      state: 'RUNNING',
      cidrs,
      multicast,
      httpPorts: httpPorts ?? [],
      startedBy: role,
      startedAtMs: nowMs,
      chunksDone: 0,
      addressesAsked: 0,
      counts: { found: 0, bound: 0, known: 0, quarantined: 0, refused: 0, failed: 0 },
    };
    runs.unshift(started);
    return started;
  };
}
