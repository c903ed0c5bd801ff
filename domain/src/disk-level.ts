/** How much room a volume has left: deletion begins at `low`, recording ends at `full`. */
export const diskLevels = ['well', 'low', 'critical', 'full'] as const;
export type DiskLevel = (typeof diskLevels)[number];

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface DiskMarks {
  readonly lowBytes: number;
  readonly criticalBytes: number;
  readonly fullBytes: number;
}

/** Room for chains, manifests and records of removals when no footage fits any more. */
const fullAtMostBytes = 256 << 20;
/** A level is left only with a quarter more room than it is entered with. */
const hysteresis = 1.25;

/** The marks of a volume of which `reserve` (0 to 0.5) is to be free. */
export function diskMarks(totalBytes: number, reserve: number): DiskMarks {
  const lowBytes = totalBytes * reserve;
  return {
    lowBytes,
    criticalBytes: lowBytes / 2,
    fullBytes: Math.min(fullAtMostBytes, lowBytes / 10),
  };
}

/** Where deletion stops: beyond the hysteresis, so that the volume is well again. */
export function enoughFreeBytes(marks: DiskMarks): number {
  return Math.ceil(marks.lowBytes * hysteresis);
}

/** The level by the former one and the room that is left; worse at once, better with some margin. */
export function decideDiskLevel(before: DiskLevel, space: DiskSpace, marks: DiskMarks): DiskLevel {
  const entered = levelAt(space.freeBytes, marks, 1);
  const kept = levelAt(space.freeBytes, marks, hysteresis);
  if (diskLevels.indexOf(entered) >= diskLevels.indexOf(before)) return entered;
  return diskLevels.indexOf(kept) < diskLevels.indexOf(before) ? kept : before;
}

function levelAt(freeBytes: number, marks: DiskMarks, factor: number): DiskLevel {
  if (freeBytes < marks.fullBytes * factor) return 'full';
  if (freeBytes < marks.criticalBytes * factor) return 'critical';
  return freeBytes < marks.lowBytes * factor ? 'low' : 'well';
}
