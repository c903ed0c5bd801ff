import type { Sql } from '@nigehban/server/store/database.ts';

/**
 * Of how much the recipient who hears the most was told since `sinceMs`: what somebody for the whole
 * province hears when nothing is gathered into a digest, one message for each page.
 */
export async function countNotices(sql: Sql, sinceMs: number): Promise<number> {
  const [row] = await sql<{ pages: number }[]>`
    select count(*)::int as pages from outbox
    where payload->>'step' = 'page' and created_at >= ${sinceMs}::timestamptz`;
  return row?.pages ?? 0;
}
