import type { Queryable, Sql } from './database.ts';

export interface AuditLinkRow {
  readonly sequence: number;
  readonly auditId: number;
  readonly hash: Buffer;
  /** What the hash was made of besides the hash before; null: the row of the trail is gone. */
  readonly text: string | null;
  readonly atMs: number | null;
}

const rowsAtOnce = 2_000;

/** The chain of the audit trail from its beginning, batch by batch. */
export async function* readAuditLinks(sql: Sql): AsyncGenerator<readonly AuditLinkRow[]> {
  let after = 0;
  for (;;) {
    const rows = await sql<AuditLinkRow[]>`
      select l.sequence, l.audit_id, l.hash, a.at as at_ms,
        case when a.id is not null then jsonb_build_array(l.sequence, a.id,
          to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), a.actor, a.address,
          a.action, a.subject, a.details)::text end as text
      from audit_link l left join audit_log a on a.id = l.audit_id
      where l.sequence > ${after} order by l.sequence limit ${rowsAtOnce}`;
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.sequence;
  }
}

/** The newest link as it was told to the chain's head. */
export async function readAuditHead(
  sql: Queryable,
): Promise<{ readonly sequence: number; readonly hash: Buffer } | null> {
  const [row] = await sql<{ sequence: number; hash: Buffer }[]>`
    select sequence, hash from audit_head`;
  return row ?? null;
}

/** Rows of the trail that no link knows: put in past the triggers. The first ones. */
export async function readUnlinkedAudit(
  sql: Queryable,
  limit: number,
): Promise<readonly { readonly id: number; readonly atMs: number }[]> {
  return await sql<{ id: number; atMs: number }[]>`
    select a.id, a.at as at_ms from audit_log a
    where not exists (select from audit_link l where l.audit_id = a.id)
    order by a.id limit ${limit}`;
}
