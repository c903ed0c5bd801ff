import type { FaultMessage } from '../faults.ts';
import type { PlanColumn, PlanMapping } from '../plan-columns.ts';
import type { PlanIssueCode, PlanSeverity } from '../plan-issues.ts';

/**
 * Import of deployment plans by way of a draft. All need `plan.import`; times are milliseconds.
 *
 *   POST   /api/plan/drafts?name=…     the file (application/octet-stream) → PlanDraftView
 *   GET    /api/plan/drafts            PlanDraftView[] (newest first)
 *   GET    /api/plan/drafts/:id        PlanDraftView; PATCH PlanEditBody; DELETE
 *   PUT    /api/plan/drafts/:id/mapping   PlanMappingBody → PlanDraftView
 *   POST   /api/plan/drafts/:id/check     checks again → PlanDraftView
 *   GET    /api/plan/drafts/:id/issues?offset&limit&code&severity&district → PlanIssuePage
 *   GET    /api/plan/drafts/:id/rows?offset&limit&row → PlanRowPage
 *   GET    /api/plan/drafts/:id/removed?offset&limit  → PlanRemovedPage
 *   POST   /api/plan/drafts/:id/apply     PlanApplyBody → PlanDraftView (state applying)
 *   GET    /api/plan/imports           PlanImportView[]
 *   POST   /api/plan/undo              PlanUndoBody → PlanImportView
 *   GET    /api/plan/current.csv?district   the cameras in service as a plan, without credentials
 *   GET    /api/plan/template.csv, /api/plan/template.xlsx
 */
export const planDraftStates = [
  /** The file is being read. */
  'reading',
  /** Waits for a person: columns that must be there were not recognised. */
  'mapping',
  'checking',
  /** Checked: can be corrected and applied. */
  'ready',
  'applying',
  'applied',
  /** See `fault`. */
  'failed',
] as const;
export type PlanDraftState = (typeof planDraftStates)[number];

export interface PlanCounts {
  readonly added: number;
  readonly changed: number;
  /** The same asset at another place. */
  readonly moved: number;
  readonly removed: number;
  readonly unchanged: number;
  /** Rows that are left out. */
  readonly invalid: number;
}

export interface PlanDistrictDiff extends PlanCounts {
  /** Stations that will hang on another uplink or feeder than now. */
  readonly resupplied: number;
  /** Empty: rows whose district is not known. */
  readonly code: string;
  readonly name: string;
  readonly nameUr: string;
}

export interface PlanDraftReport {
  readonly rows: number;
  /** Rows that are written when everything that blocks is set aside. */
  readonly goodRows: number;
  readonly cameras: PlanCounts;
  readonly stations: {
    readonly total: number;
    readonly added: number;
    readonly changed: number;
    readonly unchanged: number;
    /** Of the changed ones: those whose uplink or feeder changes. */
    readonly resupplied: number;
  };
  readonly districts: readonly PlanDistrictDiff[];
  readonly defects: readonly {
    readonly code: PlanIssueCode;
    readonly severity: PlanSeverity;
    readonly count: number;
  }[];
  /** There are more issues than are kept; the counts are of all. */
  readonly issuesTruncated: boolean;
}

export interface PlanProgress {
  readonly step: 'reading' | 'checking' | 'writing';
  readonly done: number;
  readonly total: number;
}

export interface PlanDraftView {
  readonly id: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly format: 'csv' | 'xlsx';
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly state: PlanDraftState;
  /** Counts up with every change of mapping or cells. */
  readonly revision: number;
  readonly rows: number;
  readonly header: readonly string[];
  readonly mapping: PlanMapping;
  /** The mapping was taken over from an earlier file with the same headings. */
  readonly mappingRemembered: boolean;
  readonly missingColumns: readonly PlanColumn[];
  /** First rows as the file has them; credentials are left out. */
  readonly sample: readonly (readonly string[])[];
  readonly edits: number;
  readonly report: PlanDraftReport | null;
  /** While the file is read, checked or applied. */
  readonly progress: PlanProgress | null;
  readonly fault: FaultMessage | null;
  /** Of an applied draft. */
  readonly importId: number | null;
}

export interface PlanIssueView {
  readonly row: number;
  readonly column: PlanColumn;
  readonly code: PlanIssueCode;
  readonly severity: PlanSeverity;
  readonly value: string;
  readonly message: string;
  readonly about: string;
  readonly districtCode: string | null;
}

export interface PlanIssuePage {
  readonly total: number;
  readonly issues: readonly PlanIssueView[];
}

export interface PlanRowPage {
  readonly total: number;
  readonly rows: readonly {
    readonly row: number;
    /** By the file's columns; credentials are shown as dots. */
    readonly cells: readonly string[];
  }[];
}

export interface PlanRemovedPage {
  readonly total: number;
  readonly cameras: readonly string[];
}

export interface PlanMappingBody {
  readonly mapping: PlanMapping;
}

/** Which cells an edit changes: the row's, those of the row's station, or all with the same text. */
export const planEditScopes = ['row', 'station', 'same-value'] as const;
export type PlanEditScope = (typeof planEditScopes)[number];

export interface PlanEdit {
  readonly row: number;
  readonly column: PlanColumn;
  readonly value: string;
  readonly scope: PlanEditScope;
}

export interface PlanEditBody {
  readonly edits: readonly PlanEdit[];
}

export interface PlanApplyBody {
  /** The report that the person saw. */
  readonly revision: number;
  /** Good rows as the person confirmed them; needed when rows are left out. */
  readonly goodRows: number;
  /** Blocking defects whose rows are to be left out like other bad ones. */
  readonly setAside: readonly PlanIssueCode[];
  /** Retire the cameras that the plan names no more. */
  readonly remove: boolean;
}

export interface PlanImportView {
  readonly id: number;
  readonly atMs: number;
  readonly by: string | null;
  readonly fileName: string | null;
  /** Of cameras. */
  readonly counts: PlanCounts;
  /** New or changed ones. */
  readonly stations: number;
  readonly undoneAtMs: number | null;
  readonly undoneBy: string | null;
  /** The latest one, not undone. A later change may still forbid it. */
  readonly canUndo: boolean;
}

export interface PlanUndoBody {
  readonly importId: number;
}
