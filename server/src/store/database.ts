import { createPoolGuard, startupPadding } from '@nigehban/config/database/guard-pool.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import postgres from 'postgres';

/**
 * How our SQL speaks: bigint columns are numbers (all below 2^53), timestamptz is Unix milliseconds,
 * and `snake_case` columns come back as `camelCase`.
 */
type SqlTypes = { bigint: number; timestamp: number };

/** The pool. Also opens transactions and listens. */
export type Sql = postgres.Sql<SqlTypes>;
/** Where a store's statements run: the pool or one transaction. */
export type Queryable = postgres.ISql<SqlTypes>;

/** Opens a pool; connects at the first statement. */
export function openDatabase(url: string, options: { maxConnections?: number } = {}): Sql {
  const guard = createPoolGuard();
  const pool = postgres(url, {
    max: options.maxConnections ?? 12,
    // A plan is made for the tables as they are. A kept one was made when they were empty: between the
    // installation of a province and its first storm lies nothing that would make PostgreSQL look again.
    prepare: false,
    connect_timeout: 5,
    idle_timeout: 60,
    backoff: (attempts) => Math.min(0.1 * 2 ** attempts, 3),
    onnotice: () => {},
    onclose: guard.onclose,
    connection: { application_name: 'nigehban-server', options: startupPadding },
    transform: { column: { from: postgres.toCamel } },
    types: {
      bigint: {
        to: 20,
        from: [20],
        serialize: (value: number) => String(value),
        parse: (text: string) => Number(text),
      },
      timestamp: {
        to: 1184,
        from: [1184],
        serialize: (value: number) => new Date(value).toISOString(),
        parse: (text: string) => Date.parse(text),
      },
    },
  });
  return guard.guard(pool);
}

/** A point of time as JSON documents for PostgreSQL have it. */
export function isoOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** A value for a jsonb parameter. Our values are plain data: what JSON cannot say is not in them. */
export function toJson(value: unknown): postgres.JSONValue {
  return value as postgres.JSONValue;
}

/** Connection troubles, which a later attempt may not meet (SQLSTATE class 08, 57P, 53). */
const connectionCodes = [
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  '25006',
];

/** A thrown database error as DATABASE_UNAVAILABLE when the connection is at fault; else unchanged. */
export function toDatabaseFault(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !('code' in thrown)) return thrown;
  const code = String(thrown.code);
  if (!connectionCodes.includes(code) && !/^(08|57P|53)/.test(code)) return thrown;
  return new Fault('DATABASE_UNAVAILABLE', 'PostgreSQL does not answer', { cause: thrown });
}

/** True when PostgreSQL answers within the deadline. */
export async function databaseAnswers(sql: Sql, deadlineMs = 2_000): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), deadlineMs);
  });
  const asked = sql`select 1`.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
