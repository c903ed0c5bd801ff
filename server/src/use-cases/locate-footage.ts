import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { Sql } from '../store/database.ts';
import { findSegmentAt, readSegments } from '../store/footage-store.ts';

/** A part of a range whose footage one node has. */
export interface NodePart {
  readonly nodeId: string;
  readonly fromUs: number;
  /** Where the next node's part begins, or the range ends. */
  readonly toUs: number;
}

/**
 * Which nodes have a camera's footage of a range, in order of time, without overlap. What the index
 * does not know yet, because it is being written, belongs to the node that records the camera now.
 */
export async function locateFootage(
  sql: Sql,
  recordingNode: string | null,
  range: { readonly cameraId: CameraId; readonly fromUs: number; readonly toUs: number },
): Promise<readonly NodePart[]> {
  const { cameraId, fromUs, toUs } = range;
  const rows = await readSegments(sql, cameraId, fromUs, toUs);
  return planNodeParts(rows, recordingNode, fromUs, toUs);
}

/** The pure part of {@link locateFootage}. */
export function planNodeParts(
  rows: readonly { readonly nodeId: string; readonly startUs: number; readonly endUs: number }[],
  recordingNode: string | null,
  fromUs: number,
  toUs: number,
): readonly NodePart[] {
  const starts: { nodeId: string; fromUs: number }[] = [];
  for (const row of rows) {
    if (starts.at(-1)?.nodeId !== row.nodeId) {
      starts.push({ nodeId: row.nodeId, fromUs: row.startUs });
    }
  }
  const knownToUs = rows.at(-1)?.endUs ?? fromUs;
  if (recordingNode !== null && knownToUs < toUs && starts.at(-1)?.nodeId !== recordingNode) {
    starts.push({ nodeId: recordingNode, fromUs: knownToUs });
  }
  return starts.map((part, index) => ({
    nodeId: part.nodeId,
    fromUs: index === 0 ? fromUs : part.fromUs,
    toUs: starts[index + 1]?.fromUs ?? toUs,
  }));
}

/** The node to ask for the picture at a time. @throws Fault FOOTAGE_UNKNOWN when there is none */
export async function locatePicture(
  sql: Sql,
  recordingNode: string | null,
  cameraId: CameraId,
  atUs: number,
): Promise<string> {
  const row = await findSegmentAt(sql, cameraId, atUs);
  const covered = row !== null && row.endUs > atUs;
  const nodeId = covered ? row.nodeId : (recordingNode ?? row?.nodeId);
  if (nodeId === undefined) {
    throw new Fault('FOOTAGE_UNKNOWN', `Nothing is recorded of camera ${cameraId} before that`);
  }
  return nodeId;
}
