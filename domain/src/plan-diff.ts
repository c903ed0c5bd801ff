import type { CameraId } from './camera.ts';
import type { PlanIssue } from './plan-issues.ts';
import type { PlannedCamera, PlannedStation } from './plan-rows.ts';

/** A camera as the database has it. */
export interface ExistingCamera {
  readonly id: CameraId;
  readonly code: string;
  readonly serial: string | null;
  readonly mac: string | null;
  readonly plannedAddress: string | null;
  readonly plannedOnvifPort: number | null;
  readonly registered: boolean;
  /** Of its open assignment; null: a spare or retired one. */
  readonly stationCode: string | null;
  readonly districtCode: string | null;
  readonly placement: string | null;
  readonly booth: number | null;
}

export interface CameraWrite {
  readonly camera: PlannedCamera;
  /** Null: a new asset. */
  readonly existing: ExistingCamera | null;
  readonly kind: 'added' | 'changed' | 'moved';
  /** Address or identity changed: what was learned of it holds no longer. */
  readonly registerAgain: boolean;
  readonly credentialsChanged: boolean;
}

export interface PlanDiff {
  readonly writes: readonly CameraWrite[];
  readonly unchanged: readonly PlannedCamera[];
  /** Served in a district of the plan and stand in it no more. */
  readonly removed: readonly ExistingCamera[];
  readonly issues: readonly PlanIssue[];
}

export interface PlanDiffInput {
  readonly cameras: readonly PlannedCamera[];
  readonly existing: readonly ExistingCamera[];
  /** Districts that the plan speaks of: cameras elsewhere are none of its business. */
  readonly districts: ReadonlySet<string>;
  /** Stations with rows that are left out: what they lack may stand there. */
  readonly doubtfulStations: ReadonlySet<string>;
  /** Codes, serials and MACs of rows that are left out. */
  readonly doubtfulCameras: ReadonlySet<string>;
  readonly districtOf: (stationCode: string) => string | null;
  /** False: a serial under another code is refused instead of moved. */
  readonly mayMove: (owner: ExistingCamera) => boolean;
  readonly credentialsChanged: (camera: PlannedCamera, existing: ExistingCamera | null) => boolean;
}

/**
 * Holds a plan's good rows against the cameras there are. An asset is known by serial or MAC, then
 * by its code: the same serial under another code is the same camera at another place.
 */
export function diffPlan(input: PlanDiffInput): PlanDiff {
  const { cameras, existing } = input;
  const issues: PlanIssue[] = [];
  const byCode = new Map(existing.map((one) => [one.code, one]));
  const bySerial = indexBy(existing, (one) => one.serial);
  const byMac = indexBy(existing, (one) => one.mac);
  const plannedByCode = new Map(cameras.map((one) => [one.code, one]));
  const report = (
    camera: PlannedCamera,
    code: PlanIssue['code'],
    message: string,
    about: string,
  ): void => {
    const column = code === 'MAC_TAKEN' ? 'mac' : code === 'CODE_TAKEN' ? 'camera_no' : 'serial';
    const value =
      code === 'CODE_TAKEN' ? camera.code : ((column === 'mac' ? camera.mac : camera.serial) ?? '');
    const districtCode = input.districtOf(camera.stationCode);
    issues.push({ row: camera.row, column, code, value, message, about, districtCode });
  };

  // Who moves, by identity; a camera whose own row says nothing of its serial stays where it is.
  const ownerOf = new Map<PlannedCamera, ExistingCamera>();
  const refused = new Set<PlannedCamera>();
  const movers = new Set<CameraId>();
  for (const camera of cameras) {
    const serialOwner = camera.serial === null ? undefined : bySerial.get(camera.serial);
    const macOwner = camera.mac === null ? undefined : byMac.get(camera.mac);
    const owner = serialOwner ?? macOwner;
    if (owner === undefined) continue;
    const takes = serialOwner === undefined ? 'MAC_TAKEN' : 'SERIAL_TAKEN';
    if (serialOwner !== undefined && macOwner !== undefined && serialOwner !== macOwner) {
      // A device with new electronics keeps its code; anything else is two cameras in one row.
      const other = serialOwner.code === camera.code ? macOwner : serialOwner;
      const code = other === macOwner ? 'MAC_TAKEN' : 'SERIAL_TAKEN';
      report(camera, code, `Belongs to camera ${other.code} already`, other.code);
      refused.add(camera);
      continue;
    }
    const identityDiffers = contradicts(camera, owner);
    if (owner.code === camera.code) {
      ownerOf.set(camera, owner);
      continue;
    }
    const atOldCode = plannedByCode.get(owner.code);
    const staysBehind =
      atOldCode !== undefined && atOldCode.serial === null && atOldCode.mac === null;
    if (
      !input.mayMove(owner) ||
      identityDiffers ||
      staysBehind ||
      input.doubtfulCameras.has(owner.code)
    ) {
      report(camera, takes, `Belongs to camera ${owner.code} already`, owner.code);
      refused.add(camera);
      continue;
    }
    ownerOf.set(camera, owner);
    movers.add(owner.id);
  }
  // A place is free when nobody has its code, or who has it moves away too. A refusal may hold up
  // the next one in a chain.
  for (let settled = false; !settled; ) {
    settled = true;
    for (const [camera, owner] of ownerOf) {
      if (owner.code === camera.code) continue;
      const holder = byCode.get(camera.code);
      if (holder === undefined || movers.has(holder.id)) continue;
      report(
        camera,
        'CODE_TAKEN',
        `Camera ${holder.serial ?? holder.code} has this place: replace or retire it first`,
        holder.serial ?? holder.code,
      );
      refused.add(camera);
      ownerOf.delete(camera);
      movers.delete(owner.id);
      settled = false;
    }
  }

  const writes: CameraWrite[] = [];
  const unchanged: PlannedCamera[] = [];
  const matched = new Set<CameraId>();
  for (const camera of cameras) {
    if (refused.has(camera)) {
      const holder = byCode.get(camera.code);
      if (holder !== undefined) matched.add(holder.id);
      continue;
    }
    const owner = ownerOf.get(camera);
    const holder = byCode.get(camera.code);
    const target = owner ?? (holder !== undefined && !movers.has(holder.id) ? holder : null);
    const credentialsChanged = input.credentialsChanged(camera, target);
    if (target === null) {
      writes.push({
        camera,
        existing: null,
        kind: 'added',
        registerAgain: false,
        credentialsChanged,
      });
      continue;
    }
    matched.add(target.id);
    const identityChanged =
      (camera.serial !== null && camera.serial !== target.serial) ||
      (camera.mac !== null && camera.mac !== target.mac);
    const addressChanged =
      camera.address !== target.plannedAddress || camera.onvifPort !== target.plannedOnvifPort;
    const moved = target.stationCode !== camera.stationCode || target.code !== camera.code;
    const placeChanged =
      moved || camera.placement !== target.placement || camera.booth !== target.booth;
    if (!identityChanged && !addressChanged && !credentialsChanged && !placeChanged) {
      unchanged.push(camera);
      continue;
    }
    if (contradicts(camera, target) && target.registered) {
      const message = `Camera ${target.code} was registered with serial ${target.serial ?? '-'}, MAC ${target.mac ?? '-'}: what it recorded is of that device`;
      issues.push({
        row: camera.row,
        column: camera.serial === target.serial ? 'mac' : 'serial',
        code: 'IDENTITY_REPLACED',
        value: camera.serial ?? camera.mac ?? '',
        message,
        about: target.serial ?? target.mac ?? '',
        districtCode: input.districtOf(camera.stationCode),
      });
    }
    writes.push({
      camera,
      existing: target,
      kind: moved && target.stationCode !== null ? 'moved' : 'changed',
      registerAgain: identityChanged || addressChanged,
      credentialsChanged,
    });
  }
  const removed = existing.filter(
    (one) =>
      one.stationCode !== null &&
      one.districtCode !== null &&
      input.districts.has(one.districtCode) &&
      !matched.has(one.id) &&
      !input.doubtfulStations.has(one.stationCode) &&
      ![one.code, one.serial, one.mac].some(
        (key) => key !== null && input.doubtfulCameras.has(key),
      ),
  );
  return { writes, unchanged, removed, issues };
}

function indexBy(
  cameras: readonly ExistingCamera[],
  keyOf: (camera: ExistingCamera) => string | null,
): ReadonlyMap<string, ExistingCamera> {
  return new Map(
    cameras.flatMap((camera) => {
      const key = keyOf(camera);
      return key === null ? [] : [[key, camera] as const];
    }),
  );
}

/** Both say who they are, and not the same. */
function contradicts(camera: PlannedCamera, existing: ExistingCamera): boolean {
  const differ = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;
  return differ(camera.serial, existing.serial) || differ(camera.mac, existing.mac);
}

export interface StationsDiff {
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  /** Changed ones that will hang on another uplink or feeder than is stored. */
  readonly resupplied: readonly PlannedStation[];
}

/** Stations by whether they are new, differ, or are as they were. */
export function diffStations(
  planned: readonly PlannedStation[],
  existing: ReadonlyMap<string, PlannedStation>,
): StationsDiff {
  let [added, changed, unchanged] = [0, 0, 0];
  const resupplied: PlannedStation[] = [];
  for (const station of planned) {
    const former = existing.get(station.code);
    if (former === undefined) {
      added += 1;
      continue;
    }
    const keys = Object.keys(station) as (keyof PlannedStation)[];
    const differing = keys.filter((key) => differs(former, station, key));
    if (differing.length === 0) unchanged += 1;
    else changed += 1;
    if (differing.includes('uplink') || differing.includes('feeder')) resupplied.push(station);
  }
  return { added, changed, unchanged, resupplied };
}

/** A plan that does not state a field leaves it as it is. */
function differs(former: PlannedStation, station: PlannedStation, key: keyof PlannedStation) {
  return station[key] !== null && station[key] !== '' && former[key] !== station[key];
}
