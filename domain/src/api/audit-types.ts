/**
 * The audit trail: who did what to what, from where, when. Rows are only added, each holds the hash of
 * the row before it. `audit.read`.
 *
 *   GET /api/audit?fromMs&toMs&actor&action&subject&before&limit → AuditPage
 *   GET /api/audit.csv?…                                         the rows, at most 100,000
 *   GET /api/audit/chain                                         AuditChain: holds every row against its hash
 *
 * `action` and `subject` also match what begins with them (`camera.`); `before` is an id; `limit` ≤ 500.
 */
export interface AuditView {
  readonly id: number;
  readonly atMs: number;
  /** Null: the system itself, or somebody who could not sign in. */
  readonly actor: string | null;
  readonly address: string | null;
  readonly action: string;
  readonly subject: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  /** SHA-256 of the row and of the row before it, lower-case hex. */
  readonly hash: string;
}

export interface AuditPage {
  /** Newest first. */
  readonly rows: readonly AuditView[];
  /** Pass it as `before` for what is older; null at the end. */
  readonly nextBefore: number | null;
}

export type AuditDefect =
  /** Rows are missing before this one. */
  | 'removed'
  /** The row says something else than when it was written. */
  | 'changed'
  /** The newest rows are missing. */
  | 'cut-off';

export interface AuditChain {
  readonly intact: boolean;
  readonly rows: number;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
  /** Hash of the newest row: noted elsewhere, it proves all rows before it. Null: no rows. */
  readonly head: string | null;
  readonly checkedAtMs: number;
  /** The first ones. */
  readonly defects: readonly {
    readonly id: number;
    readonly kind: AuditDefect;
    readonly atMs: number | null;
  }[];
}
