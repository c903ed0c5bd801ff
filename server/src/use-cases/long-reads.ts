import type { Queryable, Sql } from '../store/database.ts';
import { readWithin } from '../store/read-within.ts';
import { createTurns } from './take-turns.ts';

/** Reads that may take long. @throws Fault REPORT_TOO_LONG */
export type LongReads = <T>(read: (tx: Queryable) => Promise<T>) => Promise<T>;

/** At most `atOnce` run, each statement for at most `withinMs`; others wait for their turn. */
export function createLongReads(
  sql: Sql,
  { withinMs, atOnce }: { readonly withinMs: number; readonly atOnce: number },
): LongReads {
  const turns = createTurns(() => atOnce);
  return (read) => turns(() => readWithin(sql, withinMs, read));
}
