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
