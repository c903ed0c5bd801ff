/** Questions that a technician asks of all cameras at once. A camera may answer several. */
export const healthPresets = [
  'offline',
  'stale',
  'degraded',
  'not-recording',
  'drift',
  'tampered',
  'unapproved',
] as const;
export type HealthPreset = (typeof healthPresets)[number];

export const healthColumns = [
  'camera',
  'station',
  'district',
  'status',
  'since',
  'frame-rate',
  'bitrate',
  'loss',
  'clock',
  'last-seen',
  'firmware',
] as const;
export type HealthColumn = (typeof healthColumns)[number];

export interface HealthSort {
  readonly column: HealthColumn;
  readonly descending: boolean;
}

/** The address of the health table: `/health?status&district&sort&q`. */
export interface HealthSearch {
  readonly status?: HealthPreset;
  readonly district?: string;
  /** A column, with `-` before it when the largest comes first. Absent: the gravest first. */
  readonly sort?: string;
  readonly q?: string;
}

export function parseHealthSearch(search: Record<string, unknown>): HealthSearch {
  const { status, district, sort, q } = search;
  const preset = healthPresets.find((one) => one === status);
  return {
    ...(preset === undefined ? {} : { status: preset }),
    ...(district === undefined || district === '' ? {} : { district: String(district) }),
    ...(parseSort(sort) === null ? {} : { sort: String(sort) }),
    ...(q === undefined || q === '' ? {} : { q: String(q) }),
  };
}

export function parseSort(sort: unknown): HealthSort | null {
  const text = String(sort ?? '');
  const descending = text.startsWith('-');
  const column = healthColumns.find((one) => one === (descending ? text.slice(1) : text));
  return column === undefined ? null : { column, descending };
}

/** The next order when a heading is pressed: ascending, descending, back to the gravest first. */
export function nextSort(column: HealthColumn, sort: HealthSort | null): string | null {
  if (sort?.column !== column) return column;
  return sort.descending ? null : `-${column}`;
}
