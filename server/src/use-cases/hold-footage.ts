import type { HoldBody, HoldView } from '@nigehban/domain/api/http-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { addAudit } from '../store/audit-store.ts';
import { announce } from '../store/change-feed.ts';
import type { Sql } from '../store/database.ts';
import { addHold, readHolds, releaseHold } from '../store/hold-store.ts';

export interface HoldingPerson {
  readonly username: string;
  readonly address: string;
}

/**
 * Places a hold: footage of the camera that reaches into the range is not deleted any more. Nodes are
 * told when this commits. @throws Fault REQUEST_INVALID for a range that ends before it begins;
 * CAMERA_UNKNOWN
 */
export async function placeHold(
  sql: Sql,
  body: HoldBody,
  { username, address }: HoldingPerson,
  nowMs: number,
): Promise<HoldView> {
  const { cameraId, fromMs, toMs, reason } = body;
  if (toMs < fromMs) throw new Fault('REQUEST_INVALID', 'toMs is before fromMs');
  return await sql.begin(async (tx) => {
    const id = await addHold(tx, { ...body, placedBy: username }, nowMs);
    if (id === undefined) throw new Fault('CAMERA_UNKNOWN', `No camera ${cameraId}`);
    const details = { cameraId, fromMs, toMs, reason };
    const audit = { actor: username, address, action: 'footage.hold', subject: String(id) };
    await addAudit(tx, { ...audit, details }, nowMs);
    await announce(tx, { topic: 'holds' });
    return await only(readHolds(tx, id), id);
  });
}

/** Releases a hold; it stays known. @throws Fault NOT_FOUND when none of that id is in force */
export async function releaseFootage(
  sql: Sql,
  id: number,
  { username, address }: HoldingPerson,
  nowMs: number,
): Promise<HoldView> {
  return await sql.begin(async (tx) => {
    if (!(await releaseHold(tx, id, username, nowMs))) {
      throw new Fault('NOT_FOUND', `No hold ${id} is in force`);
    }
    const action = 'footage.hold-release';
    await addAudit(tx, { actor: username, address, action, subject: String(id) }, nowMs);
    await announce(tx, { topic: 'holds' });
    return await only(readHolds(tx, id), id);
  });
}

async function only(found: Promise<readonly HoldView[]>, id: number): Promise<HoldView> {
  const [hold] = await found;
  if (hold === undefined) throw new Fault('NOT_FOUND', `No hold ${id}`);
  return hold;
}
