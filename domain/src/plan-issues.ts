import type { PlanColumn } from './plan-columns.ts';

/**
 * What a defect does: `block` stops the whole import until it is corrected or its rows are set aside
 * by a person; `row` leaves its row out; `warning` is told and nothing else.
 */
export type PlanSeverity = 'block' | 'row' | 'warning';

/** Defects of real lists by their codes. A code is API: it is never renamed, the console translates it. */
export const planIssueSeverities = {
  FIELD_MISSING: 'row',
  FIELD_INVALID: 'row',
  CELL_ERROR: 'row',
  STATION_ROWS_DIFFER: 'row',
  DUPLICATE_STATION_NUMBER: 'row',
  DUPLICATE_CAMERA: 'row',
  SERIAL_TAKEN: 'row',
  MAC_TAKEN: 'row',
  CODE_TAKEN: 'row',
  CONSTITUENCY_UNKNOWN: 'row',
  UNKNOWN_DISTRICT: 'block',
  DUPLICATE_SERIAL: 'block',
  DUPLICATE_MAC: 'block',
  GPS_OUTSIDE_PUNJAB: 'block',
  DUPLICATE_ADDRESS: 'warning',
  GPS_MISSING: 'warning',
  GPS_FAR: 'warning',
  NA_PP_MISMATCH: 'warning',
  SHARED_BUILDING: 'warning',
  CONSTITUENCY_OUTSIDE_DISTRICT: 'warning',
  BOOTHS_IMPLAUSIBLE: 'warning',
  IDENTITY_REPLACED: 'warning',
  SUPPLY_SPELLING: 'warning',
} as const satisfies Record<string, PlanSeverity>;

export type PlanIssueCode = keyof typeof planIssueSeverities;

export const planIssueCodes = Object.keys(planIssueSeverities) as readonly PlanIssueCode[];

export function isPlanIssueCode(value: unknown): value is PlanIssueCode {
  return typeof value === 'string' && Object.hasOwn(planIssueSeverities, value);
}

/** One defect found, with the row where a person corrects it. */
export interface PlanIssue {
  /** Line of the file, from 1. */
  readonly row: number;
  readonly column: PlanColumn;
  readonly code: PlanIssueCode;
  /** What stands there; empty for credentials. */
  readonly value: string;
  /** English, for logs and the command line; the console translates the code. */
  readonly message: string;
  /** The other thing that it is about: rows, a camera, a distance; empty when there is none. */
  readonly about: string;
  readonly districtCode: string | null;
}
