/**
 * What the driver (postgres 3.4) gets wrong when a connection is lost, made safe around it:
 *
 * - A transaction whose connection is gone goes on to send its statements, its ROLLBACK at least, to the
 *   same connection object: with no socket that is an uncaught TypeError, and once the object is connected
 *   again they run in the middle of somebody else's transaction.
 * - The query that reads the array types of a new connection has nobody who hears of its failure: an
 *   unhandled rejection.
 *
 * Either ends the process.
 */

interface Query {
  readonly handler: object;
  readonly strings: readonly string[];
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
      muteTypeQueries(Object.getPrototypeOf(pool`` satisfies object));
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

const muted = Symbol('type queries fail silently');

/** The failure of a query for the array types is heard where it matters: its connection is lost. */
function muteTypeQueries(
  prototype: object & { [muted]?: true; handle?: (this: Query) => unknown },
): void {
  const { handle } = prototype;
  if (prototype[muted] === true || handle === undefined) return;
  prototype[muted] = true;
  prototype.handle = function handleQuietly(this: Query) {
    if (this.strings[0]?.includes('select b.oid, b.typarray') === true) this.reject = () => {};
    return handle.call(this);
  };
}

/**
 * A startup parameter that makes the first message of a connection longer than 1,024 bytes. The driver
 * writes shorter ones in a turn of their own, and never again on a connection that was lost while such a
 * turn was due; a longer one goes out at once and clears that.
 */
export const startupPadding = ' '.repeat(1_100);
