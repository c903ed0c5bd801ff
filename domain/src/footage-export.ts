import type { CameraId } from './camera.ts';
import type { FaultMessage } from './faults.ts';
import type { GapCause } from './footage.ts';
import type { FootageSpan } from './identity-doubt.ts';

/** One MP4 of an export: pictures that one initialisation serves. */
export interface ExportedFile {
  /** From 1; a camera has several when its stream changed on the way or it moved to another node. */
  readonly part: number;
  readonly sizeBytes: number;
  /** Of the whole file, lower-case hex. */
  readonly sha256: string;
  /** Wall time of the first picture, and after the last. */
  readonly startUs: number;
  readonly endUs: number;
  readonly codec: string;
  readonly frames: number;
}

export interface ExportedGap {
  readonly startUs: number;
  readonly endUs: number;
  /** Null: nothing is recorded there and no chain entry tells why. */
  readonly cause: GapCause | null;
}

/** A segment that went into an export, with what the chain says of it. */
export interface ExportedSegment {
  readonly startUs: number;
  readonly endUs: number;
  /** Null: it had no chain entry when the export was made. */
  readonly sequence: number | null;
  readonly sha256: string | null;
  readonly framesTaken: number;
  /** Only the fragments that touch the range were taken. */
  readonly trimmed: boolean;
  readonly part: number;
}

/** What a node made of one camera, beside the files. */
export interface ExportManifest {
  readonly exportId: string;
  readonly cameraId: CameraId;
  readonly cameraCode: string | null;
  readonly stationCode: string | null;
  readonly nodeId: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly madeAtMs: number;
  readonly files: readonly ExportedFile[];
  readonly gaps: readonly ExportedGap[];
  readonly segments: readonly ExportedSegment[];
  /** Fingerprint of the node's public key. Absent where an earlier version made the export. */
  readonly signedBy?: string;
  /** Ed25519 over the JSON text of all the other members, base64. */
  readonly signature?: string;
}

/** How a node stands with one camera's export. */
export type NodeExportState =
  | { readonly state: 'running'; readonly progress: number }
  | { readonly state: 'done'; readonly manifest: ExportManifest }
  | { readonly state: 'failed'; readonly fault: FaultMessage };

/** What a node is asked to make. */
export interface NodeExportWish {
  readonly exportId: string;
  readonly cameraId: CameraId;
  readonly fromUs: number;
  readonly toUs: number;
  /** Spans that are left out, because another camera's pictures may stand there. */
  readonly without?: readonly FootageSpan[];
}

export const exportLimits = {
  cameras: 32,
  spanMs: 24 * 3_600_000,
  /** Exports that wait or run at a time. */
  open: 20,
} as const;

/**
 * The holes of a range between what was recorded, with the causes of the gap entries that touch
 * them; neighbouring entries of one cause are one gap. Holes of the clock (0.1 s) are none.
 */
export function planExportedGaps(
  range: { readonly fromUs: number; readonly toUs: number },
  recorded: readonly { readonly startUs: number; readonly endUs: number }[],
  told: readonly { readonly startUs: number; readonly endUs: number; readonly cause: GapCause }[],
  clockHoleUs: number,
): ExportedGap[] {
  const gaps: ExportedGap[] = [];
  const add = (startUs: number, endUs: number, cause: GapCause | null) => {
    const last = gaps.at(-1);
    if (last?.cause === cause && startUs - last.endUs <= clockHoleUs) {
      gaps[gaps.length - 1] = { ...last, endUs };
    } else if (endUs - startUs > clockHoleUs) gaps.push({ startUs, endUs, cause });
  };
  const explain = (holeFromUs: number, holeToUs: number) => {
    let at = holeFromUs;
    for (const gap of told) {
      const startUs = Math.max(gap.startUs, at);
      const endUs = Math.min(gap.endUs, holeToUs);
      if (endUs <= startUs) continue;
      if (startUs - at > clockHoleUs) add(at, startUs, null);
      add(startUs, endUs, gap.cause);
      at = endUs;
    }
    if (holeToUs - at > clockHoleUs) add(at, holeToUs, null);
  };
  let coveredUs = range.fromUs;
  for (const piece of recorded) {
    if (piece.startUs - coveredUs > clockHoleUs) explain(coveredUs, piece.startUs);
    coveredUs = Math.max(coveredUs, piece.endUs);
  }
  if (range.toUs - coveredUs > clockHoleUs) explain(coveredUs, range.toUs);
  return gaps;
}
