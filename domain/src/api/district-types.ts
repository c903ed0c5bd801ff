import type { DistrictChange, DistrictIssue } from '../district-list.ts';

/**
 *   GET    /api/districts              DistrictView[], in the order of their names        status.read
 *   POST   /api/districts/import?apply&remove&fingerprint
 *                                      the list (application/octet-stream, CSV or XLSX)
 *                                      → DistrictImportReport                             plan.import
 */
export interface DistrictView {
  readonly code: string;
  readonly name: string;
  readonly nameUr: string;
  readonly division: string;
}

/** What a list of districts would do, or did. */
export interface DistrictImportReport {
  readonly rows: number;
  readonly added: readonly DistrictView[];
  readonly changed: readonly {
    readonly code: string;
    readonly changes: readonly DistrictChange[];
  }[];
  readonly unchanged: number;
  /** Districts that the list does not name: they stay, unless they are to be removed. */
  readonly unlisted: readonly (DistrictView & { readonly stations: number })[];
  /** With any the list cannot be applied. */
  readonly issues: readonly DistrictIssue[];
  /** Of this difference: given with `apply`, nothing else is written (PLAN_CHANGED). */
  readonly fingerprint: string;
  readonly applied: boolean;
  /** Codes that were removed. */
  readonly removed: readonly string[];
}

export interface DistrictImportQuery {
  /** Writes; without it only the report is given. */
  readonly apply?: 'true' | 'false';
  /** Removes districts that the list does not name; one with stations refuses all of it. */
  readonly remove?: 'true' | 'false';
  readonly fingerprint?: string;
}
