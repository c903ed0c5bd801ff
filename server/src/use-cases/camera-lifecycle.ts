import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type {
  AssetView,
  AssignmentView,
  CameraHistory,
  ReplaceBody,
  RetireBody,
  SpareBody,
  StationCameraAt,
  TransferBody,
} from '@nigehban/domain/api/lifecycle-types.ts';
import { type CameraId, normalizeMac } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { ViewApprovalPolicy } from '@nigehban/domain/view-approval.ts';
import { evaluateStations } from '../store/alert-store.ts';
import { addAudit } from '../store/audit-store.ts';
import { beginAgain } from '../store/begin-again.ts';
import { announce } from '../store/change-feed.ts';
import type { Queryable, Sql } from '../store/database.ts';
import {
  type AssetFilter,
  actAs,
  addHistory,
  addSpare,
  endAssignment,
  findStationId,
  type LockedAsset,
  lockAssets,
  openAssignment,
  readAssetViews,
  readAssignments,
  readCamerasAt,
  readHistory,
  setLifecycle,
  setPlace,
} from '../store/lifecycle-store.ts';
import { readViews } from '../store/view-store.ts';
import type { Person } from './approve-view.ts';
import { openCredentials, sealCredentials } from './camera-credentials.ts';

/** Where assets serve, from when to when, and who decided it; every step is one transaction. */
export interface CameraLifecycle {
  /** @throws Fault CAMERA_UNKNOWN, STATION_UNKNOWN, ASSIGNMENT_CONFLICT */
  transfer(cameraId: CameraId, body: TransferBody, person: Person): Promise<AssignmentView>;
  /** @throws Fault CAMERA_UNKNOWN, ASSIGNMENT_CONFLICT unless the replacement is a spare */
  replace(cameraId: CameraId, body: ReplaceBody, person: Person): Promise<AssignmentView>;
  /** @throws Fault CAMERA_UNKNOWN, ASSIGNMENT_CONFLICT when it is retired already */
  retire(cameraId: CameraId, body: RetireBody, person: Person): Promise<AssetView>;
  /** A spare or retired one serves again. @throws as transfer */
  reinstate(cameraId: CameraId, body: TransferBody, person: Person): Promise<AssignmentView>;
  /** @throws Fault ASSIGNMENT_CONFLICT when its code, serial or MAC is another asset's */
  addSpare(body: SpareBody, person: Person): Promise<AssetView>;
  assets(filter: AssetFilter): Promise<readonly AssetView[]>;
  /** @throws Fault CAMERA_UNKNOWN */
  history(cameraId: CameraId): Promise<CameraHistory>;
  /** @throws Fault STATION_UNKNOWN */
  camerasAt(stationCode: string, atMs: number): Promise<readonly StationCameraAt[]>;
  /** @throws Fault STATION_UNKNOWN */
  stationAssignments(
    stationCode: string,
    range: { readonly fromMs: number; readonly toMs: number },
  ): Promise<readonly AssignmentView[]>;
}

const listedViews = 100;

export function createCameraLifecycle(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly secretKey: SecretKey;
  readonly viewApproval: ViewApprovalPolicy;
}): CameraLifecycle {
  const { sql, clock, secretKey, viewApproval } = options;

  /** Runs a step with its actor known to the triggers, audits it and tells everybody. */
  const change = async <T>(
    person: Person,
    step: (
      tx: Queryable,
      nowMs: number,
    ) => Promise<{
      readonly action: string;
      readonly subject: string;
      readonly details: Readonly<Record<string, string | number | null>>;
      /** Stations that lost or got a camera. */
      readonly stations: readonly (number | null)[];
      readonly result: (tx: Queryable) => Promise<T>;
    }>,
  ): Promise<T> =>
    await beginAgain(sql, async (tx) => {
      const nowMs = clock.nowMs();
      const { username: actor, address } = person;
      await actAs(tx, actor, nowMs);
      const { action, subject, details, stations, result } = await step(tx, nowMs);
      const touched = stations.filter((id) => id !== null);
      await evaluateStations(tx, touched, nowMs);
      await addAudit(tx, { actor, address, action, subject, details }, nowMs);
      await announce(tx, { topic: 'plan' });
      return await result(tx);
    });

  const assignment = async (tx: Queryable, id: number): Promise<AssignmentView> => {
    const [view] = await readAssignments(tx, { id }, viewApproval);
    if (view === undefined) throw new Fault('INTERNAL', `Assignment ${id} is gone`);
    return view;
  };

  const asset = async (tx: Queryable, id: CameraId): Promise<AssetView> => {
    const [view] = await readAssetViews(tx, { id });
    if (view === undefined) throw unknown(id);
    return view;
  };

  const stationOf = async (tx: Queryable, code: string): Promise<number> => {
    const id = await findStationId(tx, code);
    if (id === undefined) throw new Fault('STATION_UNKNOWN', `No polling station ${code}`);
    return id;
  };

  return {
    transfer: (cameraId, body, person) =>
      change(person, async (tx, nowMs) => {
        const camera = lockedOf(await lockAssets(tx, [cameraId]), cameraId);
        const from = servingOf(camera);
        const stationId = await stationOf(tx, body.stationCode);
        const same = stationId === camera.stationId && body.placement === camera.placement;
        if (same && body.booth === camera.booth) {
          throw new Fault('ASSIGNMENT_CONFLICT', `${camera.code} serves there already`);
        }
        const { username: by } = person;
        await endAssignment(tx, from, { by, reason: body.reason, how: 'transfer' }, nowMs);
        const place = { ...placeOf(body), stationId, cameraId, approvedBy: by };
        const id = await openAssignment(tx, place, nowMs);
        return {
          action: 'camera.transfer',
          subject: camera.code,
          details: { from: camera.stationCode, to: body.stationCode, reason: body.reason },
          stations: [camera.stationId, stationId],
          result: (done) => assignment(done, id),
        };
      }),

    replace: (cameraId, body, person) =>
      change(person, async (tx, nowMs) => {
        const { replacementId, reason } = body;
        if (replacementId === cameraId) {
          throw new Fault('REQUEST_INVALID', 'A camera does not replace itself');
        }
        const locked = await lockAssets(tx, [cameraId, replacementId]);
        const old = lockedOf(locked, cameraId);
        const fresh = lockedOf(locked, replacementId);
        const from = servingOf(old);
        const { stationId, placement } = old;
        if (fresh.lifecycle !== 'spare' || fresh.assignmentId !== null) {
          throw new Fault('ASSIGNMENT_CONFLICT', `${fresh.code} is no spare`);
        }
        if (stationId === null || placement === null) throw notServing(old);
        const { username: by } = person;
        await endAssignment(tx, from, { by, reason, how: 'replace' }, nowMs);
        await setLifecycle(tx, cameraId, body.replacedBecomes);
        await setLifecycle(tx, replacementId, 'in-service');
        await setPlace(tx, replacementId, {
          address: body.address ?? old.address,
          onvifPort: old.onvifPort,
          sealedCredentials: passedOn(secretKey, old, fresh),
        });
        const place = { stationId, placement, booth: old.booth, reason };
        const id = await openAssignment(
          tx,
          { ...place, cameraId: replacementId, approvedBy: by },
          nowMs,
        );
        const told = (kind: 'replaced' | 'replaces', by_: LockedAsset) =>
          ({ kind, actor: by, details: { camera: by_.code, cameraId: by_.id, reason } }) as const;
        await addHistory(tx, cameraId, told('replaced', fresh), nowMs);
        await addHistory(tx, replacementId, told('replaces', old), nowMs);
        return {
          action: 'camera.replace',
          subject: old.code,
          details: { by: fresh.code, station: old.stationCode, reason },
          stations: [stationId],
          result: (done) => assignment(done, id),
        };
      }),

    retire: (cameraId, body, person) =>
      change(person, async (tx, nowMs) => {
        const camera = lockedOf(await lockAssets(tx, [cameraId]), cameraId);
        const { becomes, reason } = body;
        if (camera.lifecycle === becomes) {
          throw new Fault('ASSIGNMENT_CONFLICT', `${camera.code} is ${becomes} already`);
        }
        if (camera.assignmentId !== null) {
          const how = becomes === 'spare' ? 'spare' : 'retire';
          await endAssignment(tx, camera.assignmentId, { by: person.username, reason, how }, nowMs);
        }
        await setLifecycle(tx, cameraId, becomes);
        return {
          action: 'camera.retire',
          subject: camera.code,
          details: { becomes, from: camera.stationCode, reason },
          stations: [camera.stationId],
          result: (done) => asset(done, cameraId),
        };
      }),

    reinstate: (cameraId, body, person) =>
      change(person, async (tx, nowMs) => {
        const camera = lockedOf(await lockAssets(tx, [cameraId]), cameraId);
        if (camera.assignmentId !== null) {
          throw new Fault('ASSIGNMENT_CONFLICT', `${camera.code} serves ${camera.stationCode}`);
        }
        const stationId = await stationOf(tx, body.stationCode);
        await setLifecycle(tx, cameraId, 'in-service');
        const place = { ...placeOf(body), stationId, cameraId, approvedBy: person.username };
        const id = await openAssignment(tx, place, nowMs);
        return {
          action: 'camera.reinstate',
          subject: camera.code,
          details: { to: body.stationCode, reason: body.reason },
          stations: [stationId],
          result: (done) => assignment(done, id),
        };
      }),

    addSpare: ({ code, serial, mac }, person) =>
      change(person, async (tx) => {
        const read = mac === null ? null : normalizeMac(mac);
        if (mac !== null && read === null)
          throw new Fault('REQUEST_INVALID', 'mac is no MAC address');
        const id = await addSpare(tx, { code, serial, mac: read });
        if (id === undefined) {
          throw new Fault('ASSIGNMENT_CONFLICT', `The code, serial or MAC of ${code} is taken`);
        }
        return {
          action: 'camera.add-spare',
          subject: code,
          details: { serial, mac: read },
          stations: [],
          result: (done) => asset(done, id),
        };
      }),

    assets: (filter) => readAssetViews(sql, filter),
    async history(cameraId) {
      const [own, assignments, events, views] = await Promise.all([
        asset(sql, cameraId),
        readAssignments(sql, { cameraId }, viewApproval),
        readHistory(sql, cameraId),
        readViews(sql, { cameraId, limit: listedViews }),
      ]);
      return { asset: own, assignments, events, views };
    },
    async camerasAt(stationCode, atMs) {
      await stationOf(sql, stationCode);
      return await readCamerasAt(sql, stationCode, atMs);
    },
    async stationAssignments(stationCode, range) {
      await stationOf(sql, stationCode);
      return await readAssignments(sql, { stationCode, ...range }, viewApproval);
    },
  };
}

/** A spare that knows no credentials is tried with those of the camera whose place it takes. */
function passedOn(secretKey: SecretKey, old: LockedAsset, fresh: LockedAsset): Buffer | null {
  if (fresh.sealedCredentials !== null || old.sealedCredentials === null) return null;
  try {
    const credentials = openCredentials(secretKey, old.code, old.sealedCredentials);
    return sealCredentials(secretKey, fresh.code, credentials);
  } catch {
    return null;
  }
}

function lockedOf(locked: ReadonlyMap<CameraId, LockedAsset>, cameraId: CameraId): LockedAsset {
  const asset = locked.get(cameraId);
  if (asset === undefined) throw unknown(cameraId);
  return asset;
}

function servingOf(camera: LockedAsset): number {
  if (camera.assignmentId === null) throw notServing(camera);
  return camera.assignmentId;
}

function notServing(camera: LockedAsset): Fault {
  return new Fault('ASSIGNMENT_CONFLICT', `${camera.code} serves no polling station`);
}

function placeOf({ placement, booth, reason }: TransferBody) {
  return { placement, booth, reason };
}

function unknown(cameraId: CameraId): Fault {
  return new Fault('CAMERA_UNKNOWN', `No camera ${cameraId}`);
}
