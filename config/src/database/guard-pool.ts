/**
 * What the driver (postgres 3.4) gets wrong when a connection is lost, made safe around it:
 *
 * - A transaction whose connection is gone goes on to send its statements, its ROLLBACK at least, to the
 *   same connection object: with no socket that is an uncaught TypeError, and once the object is connected
 *   again they run in the middle of somebody else's transaction.
 * - The query that reads the array types of a new connection has nobody who hears of its failure: an
 *   unhandled rejection.
 *
 * Either ends the process. And what it cannot know:
 *
 * - A prepared statement without parameters is planned once for its connection, maybe while its tables are
 *   empty; no setting of PostgreSQL changes that. These are not prepared. With `freshPlans` among the
 *   startup parameters the others are planned with each use.
 */

interface Query {
  readonly handler: object;
  readonly strings: readonly string[];
  readonly tagged: boolean;
  readonly args: readonly unknown[];
  readonly options: { prepare?: boolean };
  reject(error: unknown): void;
}

interface Connection {
  readonly id: number;
  execute(query: Query): unknown;
}

interface TransactionLife {
  lost: boolean;
}

interface Pool {
  // What the driver types with many overloads; only passed on.
  // biome-ignore lint/suspicious/noExplicitAny: the driver's own signatures
  begin: (...given: any[]) => any;
  // biome-ignore lint/suspicious/noExplicitAny: the driver's own signatures
  unsafe: (...given: any[]) => any;
}

type Hook = (connection: Connection) => unknown;

export interface PoolGuard {
  /** To be called by the driver's `onclose`. */
  readonly onclose: (connectionId: number) => void;
  /** Puts the guard around a pool that was opened with {@link onclose}; returns the pool. */
  guard<P extends object>(pool: P): P;
}

/** A guard for one pool. Statements of a transaction that lost its connection fail with CONNECTION_CLOSED. */
export function createPoolGuard(): PoolGuard {
  const byHandler = new WeakMap<object, TransactionLife>();
  const byConnection = new Map<number, TransactionLife>();
  const known = new WeakSet<Connection>();

  const watch = (connection: Connection) => {
    if (known.has(connection)) return;
    known.add(connection);
    const execute = connection.execute;
    connection.execute = (query) => {
      if (byHandler.get(query.handler)?.lost !== true) return execute(query);
      query.reject(
        Object.assign(new Error('the connection of this transaction was lost'), {
          code: 'CONNECTION_CLOSED',
        }),
      );
      return true;
    };
  };

  return {
    onclose(connectionId) {
      const life = byConnection.get(connectionId);
      if (life !== undefined) life.lost = true;
      byConnection.delete(connectionId);
    },
    guard(given) {
      // The driver's pool is a function with these methods; its types say so in another way.
      const pool = given as unknown as Pool & ((strings: TemplateStringsArray) => Query);
      const { begin, unsafe } = pool;
      let onConnection: ((connection: Connection) => void) | null = null;
      mendQueries(Object.getPrototypeOf(pool`` satisfies object));
      // A transaction begins with a statement that tells which connection runs it.
      pool.unsafe = (...args) => {
        const options = args[2] as { onexecute?: Hook } | undefined;
        const [told, hook] = [onConnection, options?.onexecute];
        if (told === null || hook === undefined) return unsafe(...args);
        const onexecute: Hook = (connection) => {
          told(connection);
          return hook(connection);
        };
        return unsafe(args[0], args[1], { ...options, onexecute });
      };
      pool.begin = (...args) => {
        const life: TransactionLife = { lost: false };
        const work = args.at(-1) as (transaction: typeof pool) => unknown;
        onConnection = (connection) => {
          watch(connection);
          byConnection.set(connection.id, life);
        };
        try {
          return begin(...args.slice(0, -1), (transaction: typeof pool) => {
            byHandler.set(transaction``.handler, life);
            return work(transaction);
          });
        } finally {
          onConnection = null;
        }
      };
      return given;
    },
  };
}

const mended = Symbol('queries are mended');

/**
 * The failure of a query for the array types is heard where it matters: its connection is lost. A
 * statement without parameters is not prepared.
 */
function mendQueries(
  prototype: object & { [mended]?: true; handle?: (this: Query) => unknown },
): void {
  const { handle } = prototype;
  if (prototype[mended] === true || handle === undefined) return;
  prototype[mended] = true;
  prototype.handle = function handleMended(this: Query) {
    if (this.strings[0]?.includes('select b.oid, b.typarray') === true) this.reject = () => {};
    if (this.tagged && this.args.length === 0) this.options.prepare = false;
    return handle.call(this);
  };
}

/** Startup parameters with which prepared statements are planned for the tables as they are. */
export const freshPlans = { plan_cache_mode: 'force_custom_plan' } as const;

/**
 * A startup parameter that makes the first message of a connection longer than 1,024 bytes. The driver
 * writes shorter ones in a turn of their own, and never again on a connection that was lost while such a
 * turn was due; a longer one goes out at once and clears that.
 */
export const startupPadding = ' '.repeat(1_100);
