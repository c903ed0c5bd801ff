import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import type { PlanCounts } from '@nigehban/domain/api/plan-types.ts';
import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import type { CameraWrite, ExistingCamera, PlanDiff } from '@nigehban/domain/plan-diff.ts';
import type { PlannedCamera, PlannedStation } from '@nigehban/domain/plan-rows.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Queryable } from '../store/database.ts';
import { beginImport, finishImport } from '../store/plan-import-store.ts';
import type { StoredCamera } from '../store/plan-store.ts';
import {
  freeIdentities,
  retireCameras,
  type SealedWrite,
  upsertCameras,
  upsertStations,
} from '../store/plan-write-store.ts';
import { openCredentials, sealCredentials } from './camera-credentials.ts';

export interface PlanWrites {
  readonly stations: readonly PlannedStation[];
  /** Of them: those that are new or differ. */
  readonly stationWrites: number;
  readonly diff: PlanDiff;
  /** The diff's removed cameras are retired too. */
  readonly remove: boolean;
  readonly invalidRows: number;
}

export interface PlanAuthor {
  readonly actor: string | null;
  readonly address: string | null;
  readonly fileName: string | null;
  readonly nowMs: number;
}

/** Rows of one statement: small enough for progress to be seen. */
const camerasPerStatement = 2_000;

/**
 * Writes a plan within the caller's transaction, captured so that it can be undone, and tells
 * everybody. Returns the import's id; null when nothing was to be written.
 */
export async function writePlan(
  tx: Queryable,
  secretKey: SecretKey,
  plan: PlanWrites,
  stored: ReadonlyMap<string, StoredCamera>,
  author: PlanAuthor,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<number> {
  const { diff, stations } = plan;
  const removed = plan.remove ? diff.removed : [];
  const total = stations.length + diff.writes.length + removed.length;
  const importId = await beginImport(tx, author);
  await upsertStations(tx, stations, author.nowMs);
  let done = stations.length;
  onProgress(done, total);
  await freeIdentities(tx, diff.writes);
  for (let from = 0; from < diff.writes.length; from += camerasPerStatement) {
    const part = diff.writes.slice(from, from + camerasPerStatement);
    await upsertCameras(
      tx,
      part.map((write) => sealWrite(secretKey, write, stored)),
      author,
    );
    done += part.length;
    onProgress(done, total);
  }
  if (removed.length > 0) {
    await retireCameras(
      tx,
      removed.map(({ id }) => id),
      author,
    );
    onProgress(total, total);
  }
  const counts = countDiff(diff, plan.invalidRows, removed.length);
  await finishImport(tx, importId, counts, plan.stationWrites);
  await addAudit(
    tx,
    {
      actor: author.actor,
      address: author.address,
      action: 'plan.import',
      subject: String(importId),
      details: { ...counts, stations: stations.length, file: author.fileName },
    },
    author.nowMs,
  );
  await announce(tx, { topic: 'plan' });
  return importId;
}

export function countDiff(diff: PlanDiff, invalid: number, removed: number): PlanCounts {
  const of = (kind: CameraWrite['kind']) => diff.writes.filter((one) => one.kind === kind).length;
  return {
    added: of('added'),
    changed: of('changed'),
    moved: of('moved'),
    removed,
    unchanged: diff.unchanged.length,
    invalid,
  };
}

/** Credentials are sealed for a camera's code: under another code they are sealed anew. */
function sealWrite(
  secretKey: SecretKey,
  write: CameraWrite,
  stored: ReadonlyMap<string, StoredCamera>,
): SealedWrite {
  const { camera, existing, credentialsChanged } = write;
  const planned = plannedCredentials(camera);
  const renamed = existing !== null && existing.code !== camera.code;
  const former = existing === null ? null : openStored(secretKey, existing, stored);
  const wanted = planned !== null && credentialsChanged ? planned : renamed ? former : null;
  return {
    write,
    sealedCredentials: wanted === null ? null : sealCredentials(secretKey, camera.code, wanted),
  };
}

function openStored(
  secretKey: SecretKey,
  existing: ExistingCamera,
  stored: ReadonlyMap<string, StoredCamera>,
): CameraCredentials | null {
  const sealed = stored.get(existing.code)?.sealedCredentials ?? null;
  if (sealed === null) return null;
  try {
    return openCredentials(secretKey, existing.code, sealed);
  } catch {
    // Sealed with a key that is gone: what the plan says takes their place.
    return null;
  }
}

function plannedCredentials(camera: PlannedCamera): CameraCredentials | null {
  const { username, password } = camera;
  return username === null ? null : { username, password: password ?? '' };
}

/** Whether a plan's credentials differ from the stored ones. A plan without says nothing of them. */
export function createCredentialsCheck(
  secretKey: SecretKey,
  stored: ReadonlyMap<string, StoredCamera>,
): (camera: PlannedCamera, existing: ExistingCamera | null) => boolean {
  return (camera, existing) => {
    const planned = plannedCredentials(camera);
    if (planned === null) return false;
    const former = existing === null ? null : openStored(secretKey, existing, stored);
    return former?.username !== planned.username || former.password !== planned.password;
  };
}
