import { createPoolGuard, startupPadding } from '@nigehban/config/database/guard-pool.ts';
import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import type { Clock, Timer } from '@nigehban/media/clock.ts';
import postgres from 'postgres';
import { listCameras, readEntriesAfter } from '../chain/chain-files.ts';
import { readRemovals, removedBy } from '../chain/removal-log.ts';
import type { FootageRoots } from '../footage-layout.ts';
import type { RecorderLog } from '../recorder-types.ts';
import { IndexBacklog } from './index-backlog.ts';
import { IndexDays } from './index-days.ts';
import { IndexRemovals } from './index-removals.ts';
import { insertEntries, readCursors } from './index-rows.ts';

export interface IndexClientSettings {
  readonly databaseUrl: string;
  readonly nodeId: string;
  readonly footageFolder: FootageRoots;
  /** Entries of one insert. Default 1,000. */
  readonly batchEntries?: number;
  /** Entries kept in memory for the index; beyond it the rest is read from disk. Default 20,000. */
  readonly maxPending?: number;
}

export interface IndexClientPorts {
  readonly clock: Clock;
  readonly log: RecorderLog;
}

export interface IndexStatus {
  readonly reachable: boolean;
  /** Entries in memory that the index lacks. */
  readonly pending: number;
  /** Cameras whose entries must be read from disk first. */
  readonly behind: number;
  /** Wall time of the last successful insert or check, microseconds. */
  readonly lastWellUs: number | undefined;
}

export interface IndexClient {
  /** An entry that is on disk now: the recorder's `onEntry`. */
  onEntry(entry: ChainEntry): void;
  /** The camera's log of removals has grown: the retention keeper's `onRemoved`. */
  onRemoved(cameraId: CameraId): void;
  status(): IndexStatus;
  /** Resolves when the index has all that the disk had when it was called; rejects never. */
  flush(): Promise<void>;
  /** Sends what is pending if the database answers, then closes. */
  stop(): Promise<void>;
}

const intervalMs = 1000;
const retryMaxMs = 15_000;
const stopPatienceMs = 3000;

/**
 * Keeps the index in PostgreSQL up to the chains on disk. The database may be away for any time: the
 * disk is the queue, and the index itself says how far it has come.
 */
export function startIndexClient(
  settings: IndexClientSettings,
  ports: IndexClientPorts,
): IndexClient {
  return new ChainIndexClient(settings, ports);
}

class ChainIndexClient implements IndexClient {
  readonly #settings: IndexClientSettings;
  readonly #ports: IndexClientPorts;
  readonly #sql: postgres.Sql;
  readonly #backlog: IndexBacklog;
  readonly #days: IndexDays;
  readonly #removals: IndexRemovals;
  readonly #batchEntries: number;
  #timer: Timer;
  #running: Promise<void> | undefined;
  #listed = false;
  #reachable = true;
  #failures = 0;
  #lastWellUs: number | undefined;
  #stopped = false;
  #inDoubt = false;

  constructor(settings: IndexClientSettings, ports: IndexClientPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#backlog = new IndexBacklog(settings.maxPending ?? 20_000);
    this.#batchEntries = settings.batchEntries ?? 1000;
    const guard = createPoolGuard();
    const pool = postgres(settings.databaseUrl, {
      // One connection that only a fault ends: its end puts the last rows in doubt.
      max: 1,
      max_lifetime: null,
      onclose: (id) => {
        guard.onclose(id);
        this.#connectionLost();
      },
      connect_timeout: 5,
      onnotice: () => undefined,
      // Only the primary of a cluster takes writes.
      target_session_attrs: 'primary',
      connection: {
        application_name: `nigehban-recorder-${settings.nodeId}`,
        options: startupPadding,
      },
    });
    this.#sql = guard.guard(pool);
    this.#days = new IndexDays(this.#sql);
    this.#removals = new IndexRemovals(this.#sql, settings.nodeId, settings.footageFolder);
    this.#timer = ports.clock.setTimer(intervalMs, () => this.#turn());
  }

  onEntry(entry: ChainEntry): void {
    this.#backlog.add(entry);
  }

  onRemoved(cameraId: CameraId): void {
    this.#removals.changed(cameraId);
  }

  status(): IndexStatus {
    return {
      reachable: this.#reachable,
      pending: this.#backlog.pending,
      behind: this.#backlog.behind,
      lastWellUs: this.#lastWellUs,
    };
  }

  async flush(): Promise<void> {
    await this.#running;
    await this.#run();
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer.cancel();
    const patience = Promise.withResolvers<void>();
    const timer = this.#ports.clock.setTimer(stopPatienceMs, patience.resolve);
    await Promise.race([this.flush(), patience.promise]);
    timer.cancel();
    await this.#sql.end({ timeout: 1 });
  }

  #turn(): void {
    if (this.#stopped) return;
    const done = () => {
      if (this.#stopped) return;
      const delayMs = Math.min(retryMaxMs, intervalMs * 2 ** Math.min(this.#failures, 4));
      this.#timer = this.#ports.clock.setTimer(delayMs, () => this.#turn());
    };
    this.#run().then(done, done);
  }

  #run(): Promise<void> {
    this.#running ??= this.#synchronise().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #synchronise(): Promise<void> {
    try {
      if (this.#inDoubt) {
        this.#inDoubt = false;
        this.#backlog.forgetCursors();
        this.#days.forget();
        this.#removals.forget();
      }
      await this.#list();
      await this.#askCursors();
      await this.#catchUp();
      for (let more = true; more; ) {
        const entries = this.#backlog.batch(this.#batchEntries);
        await this.#insert(entries);
        more = entries.length >= this.#batchEntries;
      }
      await this.#removals.follow();
      this.#well();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Cameras of former times that nobody records now have chains too. */
  async #list(): Promise<void> {
    if (this.#listed) return;
    for (const id of await listCameras(this.#settings.footageFolder)) {
      this.#backlog.watch(id);
      this.#removals.changed(id);
    }
    this.#listed = true;
  }

  async #askCursors(): Promise<void> {
    const unknown = this.#backlog.unknown();
    for (let at = 0; at < unknown.length; at += this.#batchEntries) {
      const ids = unknown.slice(at, at + this.#batchEntries);
      for (const cursor of await readCursors(this.#sql, this.#settings.nodeId, ids)) {
        this.#backlog.setCursor(cursor.cameraId, cursor.sequence);
      }
    }
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const next = this.#backlog.nextBehind();
      if (next === undefined) return;
      // What is appended from here on comes as an entry of its own again, or is met by the reading.
      this.#backlog.caughtUp(next.cameraId);
      const { footageFolder } = this.#settings;
      const { removals } = await readRemovals(footageFolder, next.cameraId);
      const isRemoved = removedBy(removals.map(({ removal }) => removal));
      for await (const found of readEntriesAfter(footageFolder, next.cameraId, next.after)) {
        const entries = found.filter((each) => each.kind === 'gap' || !isRemoved(each.sequence));
        for (let at = 0; at < entries.length; at += this.#batchEntries) {
          await this.#insert(entries.slice(at, at + this.#batchEntries));
        }
      }
    }
  }

  async #insert(entries: readonly ChainEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.#days.provide(entries, this.#ports.clock.wallUs());
    // Rows after lost ones would hide the loss: the cursor is the last row's.
    if (this.#inDoubt) throw new Error('the connection broke: the last rows are in doubt');
    await insertEntries(this.#sql, this.#settings.nodeId, entries, { lazily: true });
    this.#backlog.indexed(entries);
  }

  /** Rows are sent without waiting for PostgreSQL's disk: a crash of it may have taken the last ones. */
  #connectionLost(): void {
    if (this.#stopped) return;
    this.#inDoubt = true;
  }

  #well(): void {
    this.#failures = 0;
    this.#lastWellUs = this.#ports.clock.wallUs();
    if (this.#reachable) return;
    this.#reachable = true;
    this.#ports.log.info({}, 'index of footage is reached again');
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    // After an outage the database may be an older copy of itself: ask again where it stands.
    this.#backlog.forgetCursors();
    this.#days.forget();
    this.#removals.forget();
    if (!this.#reachable || this.#stopped) return;
    this.#reachable = false;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    this.#ports.log.warn(
      { code },
      'index of footage is away: recording goes on, rows follow later',
    );
  }
}
