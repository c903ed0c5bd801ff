import type { DistrictImportReport } from '@nigehban/domain/api/district-types.ts';
import type { PlanReport } from '@nigehban/domain/api/http-types.ts';
import type {
  PlanApplyBody,
  PlanEdit,
  PlanProgress,
  PlanRowPage,
} from '@nigehban/domain/api/plan-types.ts';

export interface DistrictImportOrder {
  readonly apply: boolean;
  readonly remove: boolean;
  /** The difference that the person saw; null: whatever it is. */
  readonly fingerprint: string | null;
  readonly actor: string;
  readonly address: string;
  readonly nowMs: number;
}

export interface PlanExportOrder {
  /** Null: all. */
  readonly district: string | null;
  readonly actor: string;
  readonly address: string;
  readonly nowMs: number;
}

/** What the plan's thread is asked to do: name → [question, answer]. */
export interface PlanTasks {
  /** Reads an uploaded file into its draft and, when its columns are known, checks it. */
  'read-file': [{ readonly draftId: string; readonly file: Uint8Array }, null];
  check: [{ readonly draftId: string }, null];
  edit: [{ readonly draftId: string; readonly edits: readonly PlanEdit[] }, null];
  apply: [
    {
      readonly draftId: string;
      readonly body: PlanApplyBody;
      readonly actor: string;
      readonly address: string;
      readonly nowMs: number;
    },
    null,
  ];
  rows: [
    {
      readonly draftId: string;
      readonly offset: number;
      readonly limit: number;
      readonly row: number | null;
    },
    PlanRowPage,
  ];
  /** A list of districts (CSV or XLSX): its difference, and with `apply` written at once. */
  'import-districts': [DistrictImportOrder & { readonly file: Uint8Array }, DistrictImportReport];
  /** The cameras in service as a plan (CSV) without credentials. */
  export: [PlanExportOrder, string];
  /** A plan as text, loaded at once. */
  'import-text': [
    {
      readonly text: string;
      readonly actor: string | null;
      readonly address: string | null;
      readonly nowMs: number;
    },
    PlanReport,
  ];
}

export type PlanTaskName = keyof PlanTasks;
export type OnProgress = (progress: PlanProgress) => void;
