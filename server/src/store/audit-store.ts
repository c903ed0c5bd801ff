import type { AuditView } from '@nigehban/domain/api/audit-types.ts';
import { type Queryable, toJson } from './database.ts';

export interface AuditEntry {
  readonly actor: string | null;
  readonly address: string | null;
  /** What was done, as `alert.acknowledge`. */
  readonly action: string;
  /** To what: a camera's or station's code, an alert's id. */
  readonly subject: string | null;
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

export async function addAudit(sql: Queryable, entry: AuditEntry, atMs: number): Promise<void> {
  await sql`
    insert into audit_log (at, actor, address, action, subject, details)
    values (${atMs}, ${entry.actor}, ${entry.address}, ${entry.action}, ${entry.subject},
      ${sql.json(toJson(entry.details ?? {}))})`;
}

export interface AuditFilter {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly actor?: string | undefined;
  /** Whole, or what it begins with. */
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly beforeId?: number | undefined;
  readonly limit: number;
}

/** Rows of the trail, newest first. */
export async function readAudit(
  sql: Queryable,
  filter: AuditFilter,
): Promise<readonly AuditView[]> {
  const begins = (text: string) => `${text.replace(/[\\%_]/g, '\\$&')}%`;
  return await sql<AuditView[]>`
    select a.id, a.at as at_ms, a.actor, a.address, a.action, a.subject, a.details,
      coalesce(encode(l.hash, 'hex'), '') as hash
    from audit_log a left join audit_link l on l.audit_id = a.id
    where true
      ${filter.fromMs === undefined ? sql`` : sql`and a.at >= ${filter.fromMs}::timestamptz`}
      ${filter.toMs === undefined ? sql`` : sql`and a.at < ${filter.toMs}::timestamptz`}
      ${filter.actor === undefined ? sql`` : sql`and a.actor = ${filter.actor}`}
      ${filter.action === undefined ? sql`` : sql`and a.action like ${begins(filter.action)}`}
      ${filter.subject === undefined ? sql`` : sql`and a.subject like ${begins(filter.subject)}`}
      ${filter.beforeId === undefined ? sql`` : sql`and a.id < ${filter.beforeId}`}
    order by a.id desc limit ${filter.limit}`;
}
