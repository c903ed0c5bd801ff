import type { Queryable, Sql } from './database.ts';

const attempts = 4;
const deadlock = '40P01';

/**
 * A transaction that is begun again when PostgreSQL ends it to break a deadlock (40P01): it has changed
 * nothing then, and whoever waited for it has gone on. `work` must have no effect outside of it.
 */
export async function beginAgain<Result>(
  sql: Sql,
  work: (tx: Queryable) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await sql.begin(work)) as Result;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== deadlock || attempt === attempts) throw error;
    }
  }
}
