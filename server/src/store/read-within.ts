import { Fault } from '@nigehban/domain/faults.ts';
import type { Queryable, Sql } from './database.ts';

/** SQLSTATE query_canceled: `statement_timeout` is over, or somebody cancelled the statement. */
const cancelledCode = '57014';

/**
 * Reads as of one moment. A statement that takes longer than `withinMs` is given up, by PostgreSQL
 * itself. @throws Fault REPORT_TOO_LONG then
 */
export async function readWithin<T>(
  sql: Sql,
  withinMs: number,
  read: (tx: Queryable) => Promise<T>,
): Promise<T> {
  try {
    const { value } = await sql.begin('isolation level repeatable read read only', async (tx) => {
      await tx`select set_config('statement_timeout', ${String(withinMs)}, true)`;
      return { value: await read(tx) };
    });
    return value;
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === cancelledCode)) throw cause;
    throw new Fault('REPORT_TOO_LONG', `A query took longer than ${withinMs} ms`, {
      cause,
      details: { withinMs },
    });
  }
}
