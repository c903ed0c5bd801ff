import type { CameraId } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { Timeline, TimelineGap, TimelineSegment } from '@nigehban/domain/footage.ts';
import { clockHoleUs } from '@nigehban/domain/footage-outline.ts';
import { type FootageSpan, isDoubted } from '@nigehban/domain/identity-doubt.ts';
import type { Sql } from '../store/database.ts';
import { findSegmentNode, type GapRow, readGaps, readSegments } from '../store/footage-store.ts';

/** The piece that is being written at this moment. */
export interface OpenPiece {
  readonly startUs: number;
  readonly endUs: number;
  readonly codec: string;
  readonly sizeBytes: number;
}

const longestRangeMs = 7 * 24 * 3_600_000;

/** @throws Fault REQUEST_INVALID for a range that is none, or longer than a week */
export function checkTimelineRange<
  Range extends { readonly fromMs: number; readonly toMs: number },
>(range: Range): Range {
  const { fromMs, toMs } = range;
  if (!(toMs > fromMs) || toMs - fromMs > longestRangeMs) {
    throw new Fault('REQUEST_INVALID', 'The range must begin before it ends, within seven days');
  }
  return range;
}

/**
 * What was recorded and what was not in [fromMs, toMs), from the index, with the open piece as the
 * node tells it; what is withheld as doubted stands among the gaps. */
export async function readTimeline(
  sql: Sql,
  readOpenPiece: (cameraId: CameraId) => Promise<OpenPiece | null>,
  given: { readonly cameraId: CameraId; readonly fromMs: number; readonly toMs: number },
  doubts: readonly FootageSpan[] = [],
): Promise<Timeline> {
  const { cameraId, fromMs, toMs } = given;
  const [fromUs, toUs] = [fromMs * 1_000, toMs * 1_000];
  const [open, rows, gaps] = await Promise.all([
    readOpenPiece(cameraId),
    readSegments(sql, cameraId, fromUs, toUs),
    readGaps(sql, cameraId, fromUs, toUs),
  ]);
  const segments: TimelineSegment[] = rows.map((row) => ({
    startMs: row.startUs / 1_000,
    endMs: row.endUs / 1_000,
    startUs: row.startUs,
    codec: row.codec,
    sizeBytes: row.bytes,
    open: false,
  }));
  // It may have been closed and indexed between the two questions.
  const known = open === null || segments.some((segment) => segment.startUs === open.startUs);
  if (open !== null && !known && open.startUs < toUs && open.endUs > fromUs) {
    segments.push({
      startMs: open.startUs / 1_000,
      endMs: open.endUs / 1_000,
      startUs: open.startUs,
      codec: open.codec,
      sizeBytes: open.sizeBytes,
      open: true,
    });
  }
  const isWithheld = ({ startUs }: TimelineSegment) => isDoubted(startUs, doubts);
  const withheld = joinWithheld(segments.filter(isWithheld));
  const told = joinGaps(gaps).map(({ startUs, endUs, cause }) => ({
    startMs: startUs / 1_000,
    endMs: endUs / 1_000,
    cause,
  }));
  return {
    cameraId,
    fromMs,
    toMs,
    segments: segments.filter((segment) => !isWithheld(segment)),
    gaps:
      withheld.length === 0 ? told : [...told, ...withheld].sort((a, b) => a.startMs - b.startMs),
  };
}

function joinWithheld(segments: readonly TimelineSegment[]): readonly TimelineGap[] {
  const joined: TimelineGap[] = [];
  for (const { startMs, endMs } of segments) {
    const last = joined.at(-1);
    if (last !== undefined && startMs - last.endMs <= clockHoleUs / 1_000) {
      joined[joined.length - 1] = { ...last, endMs };
    } else {
      joined.push({ startMs, endMs, cause: 'identity-doubt' });
    }
  }
  return joined;
}

/** The recorder writes a lasting gap in pieces of a minute; to people it is one. */
function joinGaps(gaps: readonly GapRow[]): readonly GapRow[] {
  const joined: GapRow[] = [];
  for (const gap of gaps) {
    const last = joined.at(-1);
    if (last !== undefined && last.cause === gap.cause && last.endUs === gap.startUs) {
      joined[joined.length - 1] = { ...last, endUs: gap.endUs };
    } else {
      joined.push(gap);
    }
  }
  return joined;
}

/**
 * Which node to ask for a piece: the one that the index names, else the one that records the camera
 * now (the open piece). @throws Fault FOOTAGE_UNKNOWN when there is neither.
 */
export async function findFootageNode(
  sql: Sql,
  recordingNode: (cameraId: CameraId) => string | null,
  cameraId: CameraId,
  startUs: number,
): Promise<string> {
  const nodeId = (await findSegmentNode(sql, cameraId, startUs)) ?? recordingNode(cameraId);
  if (nodeId === null) {
    throw new Fault('FOOTAGE_UNKNOWN', `Nothing is recorded of camera ${cameraId} there`);
  }
  return nodeId;
}
