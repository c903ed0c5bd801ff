import { defaultListeningPolicy, type ListeningPolicy } from '@nigehban/domain/live-sound.ts';
import { type AuditEntry, addAudit } from './audit-store.ts';
import { announce } from './change-feed.ts';
import { type Queryable, type Sql, toJson } from './database.ts';

const policyKey = 'listening-policy';

/** Who may listen; what nobody set is the default. */
export async function readListeningPolicy(sql: Queryable): Promise<ListeningPolicy> {
  const [row] = await sql<{ value: Partial<ListeningPolicy> }[]>`
    select value from setting where key = ${policyKey}`;
  return { ...defaultListeningPolicy, ...row?.value };
}

/** Takes effect in every server process, with its row in the trail. */
export async function storeListeningPolicy(
  sql: Sql,
  policy: ListeningPolicy,
  entry: AuditEntry,
  nowMs: number,
): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`
      insert into setting (key, value, changed_at)
      values (${policyKey}, ${tx.json(toJson(policy))}, ${nowMs}::timestamptz)
      on conflict (key) do update set value = excluded.value, changed_at = excluded.changed_at`;
    await addAudit(tx, entry, nowMs);
    await announce(tx, { topic: 'listening' });
  });
}
