import { createManualClock, type ManualClock } from '@nigehban/config/clock/clock.ts';
import type { AlertStepMessage } from '@nigehban/domain/api/alert-types.ts';
import type { RecipientBody } from '@nigehban/domain/api/notice-types.ts';
import { type CameraStateKind, initialCameraState } from '@nigehban/domain/camera-state.ts';
import { defaultEscalationPolicy } from '@nigehban/domain/escalation.ts';
import { storeCameraStates } from '../store/camera-state-store.ts';
import { openDatabase, type Sql } from '../store/database.ts';
import { readPendingEscalations } from '../store/escalation-store.ts';
import { migrate } from '../store/migrate.ts';
import { readDueWork } from '../store/notice-store.ts';
import { acknowledgeAlert } from '../use-cases/alert-life.ts';
import { type Correlator, startCorrelator } from '../use-cases/correlate.ts';
import { climb, writeEscalationPolicy } from '../use-cases/escalate.ts';
import { saveRecipient } from '../use-cases/manage-recipients.ts';
import { deliverMessage, flushRecipient, type NoticePorts } from '../use-cases/send-notices.ts';
import { type StepTimers, takeStep } from '../use-cases/take-step.ts';
import { seedFleet } from './seed-fleet.ts';
import { type TestServices, testLog, testSecretKey } from './test-services.ts';

/** Two districts of twelve stations with four cameras each; D01 is of Division 1. */
const fleet = { districts: 2, stations: 24, cameras: 96 };
const startMs = Date.UTC(2027, 1, 8, 7);
export const minuteMs = 60_000;
const operator = { username: 'operator', address: '127.0.0.1' };
const noTimers: StepTimers = { begun: async () => {}, ended: async () => {} };

interface Told {
  /** `minutes:seconds` since the test began. */
  readonly at: string;
  readonly who: string;
  /** The first word of its subject. */
  readonly what: string;
  readonly text: string;
}

/**
 * Engine, outbox, timers and notices on one database with a manual clock; each look does what all
 * their processes do, twice. A recipient of each level hears in the console.
 */
export class NoticeHarness {
  readonly sql: Sql;
  clock: ManualClock;
  ports: NoticePorts;
  told: Told[] = [];
  beganMs = 0;
  #correlator: Correlator | null = null;
  #version = 0;
  #tests = 0;

  private constructor(sql: Sql) {
    this.sql = sql;
    this.clock = createManualClock(startMs);
    this.ports = this.#portsOf(this.clock);
  }

  static async start(services: TestServices): Promise<NoticeHarness> {
    const sql = openDatabase(await services.createDatabase());
    await migrate(sql);
    await seedFleet(sql, fleet);
    const timers = { divisionAfterMs: 5 * minuteMs, provinceAfterMs: 15 * minuteMs };
    const always = { info: timers, minor: timers, major: timers, critical: timers };
    await writeEscalationPolicy(sql, { ...defaultEscalationPolicy, drill: always });
    return new NoticeHarness(sql);
  }

  async stop(): Promise<void> {
    await this.#correlator?.stop();
    await this.sql.end({ timeout: 2 });
  }

  /** Empties all but the fleet; another day begins. */
  async begin(): Promise<void> {
    await this.#correlator?.stop();
    await this.sql`truncate notice_delivery, notice, notice_message, notice_shift,
      notice_recipient, escalation, outbox, alert_event, incident_event, alert, incident cascade`;
    await this.sql`truncate camera_state, station_state`;
    this.beganMs = startMs + this.#tests * 86_400_000;
    this.told = [];
    await this.setClock(createManualClock(this.beganMs));
    for (const level of ['district', 'division', 'province'] as const) await this.add(level);
  }

  /** Goes on with another clock, as if a server had started with it. */
  async setClock(clock: ManualClock): Promise<void> {
    await this.#correlator?.stop();
    this.clock = clock;
    this.ports = this.#portsOf(clock);
    const holder = `test-${++this.#tests}`;
    this.#correlator = startCorrelator({ sql: this.sql, clock, log: testLog, holder });
  }

  #portsOf(clock: ManualClock): NoticePorts {
    return {
      sql: this.sql,
      clock,
      log: testLog,
      secretKey: testSecretKey,
      random: () => 0.5,
      push: async (_sql, username, message) => {
        const seconds = Math.round((clock.nowMs() - this.beganMs) / 1_000);
        const at = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
        const what = message.subject.split(':')[0] ?? '';
        this.told.push({ at, who: username, what, text: message.text });
      },
      gatherMs: 5_000,
      attemptMs: 2_000,
    };
  }

  /** A recipient who hears in the console, by the name of the user. */
  async add(level: RecipientBody['level'], changes: Partial<RecipientBody> = {}): Promise<void> {
    const username = changes.name ?? level;
    const body: RecipientBody = {
      name: username,
      channel: 'push',
      target: { kind: 'push', username },
      language: 'en',
      level,
      districtCode: level === 'district' ? 'D01' : null,
      division: level === 'division' ? 'Division 1' : null,
      minSeverity: 'info',
      quiet: null,
      limitMessages: 100,
      limitWindowMs: 600_000,
      enabled: true,
      shifts: [],
      ...changes,
    };
    await this.sql`insert into app_user (username, display_name, role, password_hash)
      values (${username}, ${username}, 'operator', 'none') on conflict do nothing`;
    const ports = { sql: this.sql, secretKey: testSecretKey };
    await saveRecipient(ports, { id: null, body }, operator, 0);
  }

  /** All cameras of these stations get into that state. */
  async set(stationIds: readonly number[], kind: CameraStateKind): Promise<void> {
    const nowMs = this.clock.nowMs();
    const cameras = await this.sql<{ cameraId: number }[]>`
      select camera_id from assignment where station_id = any(${[...stationIds]}::int[])`;
    await storeCameraStates(
      this.sql,
      cameras.map(({ cameraId }) => ({
        cameraId,
        recording: kind === 'ONLINE',
        version: ++this.#version,
        state: { ...initialCameraState(nowMs), kind, sinceMs: nowMs },
        transitions: [],
      })),
      nowMs,
    );
  }

  /** One look of all that looks: engine, outbox, timers, messages. */
  async look(): Promise<void> {
    const { sql, ports, clock } = this;
    this.#correlator?.alertsChanged();
    await this.#correlator?.pass();
    for (const timer of await readPendingEscalations(sql)) {
      // Two processes, and a job that comes again.
      if (timer.dueMs <= clock.nowMs())
        await Promise.all([climb(ports, timer), climb(ports, timer)]);
    }
    const steps = await sql<{ id: number; payload: AlertStepMessage }[]>`
      select id, payload from outbox where done_at is null order by id`;
    for (const { id, payload } of steps) {
      await Promise.all([takeStep(ports, noTimers, payload), takeStep(ports, noTimers, payload)]);
      await sql`update outbox set done_at = now() where id = ${id}`;
    }
    const due = await readDueWork(sql, clock.nowMs());
    for (const id of due.recipients) await flushRecipient(ports, id);
    const { messages } = await readDueWork(sql, clock.nowMs());
    for (const id of messages) {
      await Promise.all([deliverMessage(ports, id), deliverMessage(ports, id)]);
    }
  }

  async pass(durationMs: number, stepMs = 1_000): Promise<void> {
    for (let passed = 0; passed < durationMs; passed += stepMs) {
      this.clock.advance(stepMs);
      await this.look();
    }
  }

  /** The open alert of a station; zeros when there is none. */
  async openAlert(stationId: number): Promise<{ readonly id: number; readonly version: number }> {
    const [row] = await this.sql<{ id: number; version: number }[]>`
      select id, version from alert where station_id = ${stationId} and closed_at is null`;
    return row ?? { id: 0, version: 0 };
  }

  async acknowledge(stationId: number): Promise<void> {
    const { id, version } = await this.openAlert(stationId);
    await acknowledgeAlert(this.sql, { ...operator, alertId: id, version }, this.clock.nowMs());
  }

  /** Who heard what since the `from`-th message, sorted. */
  whoHeard(from: number): readonly string[] {
    return this.told
      .slice(from)
      .map((one) => `${one.who} ${one.what}`)
      .sort();
  }

  heard(who: string): readonly string[] {
    return this.told.filter((one) => one.who === who).map((one) => one.what);
  }
}
