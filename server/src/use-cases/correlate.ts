import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { decideSeverity } from '@nigehban/domain/alert-severity.ts';
import { correlateOutages } from '@nigehban/domain/correlate-outages.ts';
import { decidePaging, nextPagingMs, type UnpagedAlert } from '@nigehban/domain/decide-paging.ts';
import { buildOutageContext, type OutageContext } from '@nigehban/domain/outage-groups.ts';
import { findOwnFaults } from '@nigehban/domain/own-faults.ts';
import { announceAll } from '../store/change-feed.ts';
import {
  carryOutPlan,
  type EngineAlertRow,
  type EngineIncidentRow,
  pageNow,
  readEngineAlerts,
  readEngineIncidents,
  readNodeStandings,
  readStationTies,
} from '../store/correlation-store.ts';
import type { Sql } from '../store/database.ts';
import { dropLease, holdLease, stillHeld } from '../store/engine-lease-store.ts';

const leaseName = 'correlation';
const leaseForMs = 5_000;
const everyMs = 1_000;
/** A pass that takes long leaves room for the storing of what it is about, but the lease is renewed. */
const longestWaitMs = 2_500;
/** Without any news it looks all the same: a node's silence tells nobody. */
const lookAtLeastEveryMs = 5_000;
/** An incident is told of when it is so old: it may merge into a wider one. */
const incidentHoldMs = 4_000;
/** Nobody held the lease for so long: no server ran. */
const serverGapMs = 20_000;

export interface Correlator {
  /** Alerts or incidents changed: the next pass has something to do. */
  alertsChanged(): void;
  /** Stations or what they hang on changed. */
  planChanged(): void;
  /** Looks now, once, when this process has the duty; for tests and benchmarks. */
  pass(): Promise<boolean>;
  stop(): Promise<void>;
}

/**
 * Groups alerts into incidents and decides of what people are told, every second, in the one process
 * that holds the lease. Everything it knows is in PostgreSQL: another process goes on where it ended.
 */
export function startCorrelator(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process. */
  readonly holder: string;
}): Correlator {
  const { sql, clock, log, holder } = options;
  let context: OutageContext | null = null;
  let dirty = true;
  let dueMs = Number.NEGATIVE_INFINITY;
  let watchingSinceMs: number | null = null;
  let gap: { readonly fromMs: number; readonly untilMs: number } | null = null;
  let running: Promise<boolean> | null = null;
  let stopped = false;
  let failing = false;

  const lead = async (): Promise<boolean> => {
    const { held, silentForMs } = await holdLease(sql, leaseName, holder, leaseForMs);
    if (!held) {
      watchingSinceMs = null;
      return false;
    }
    const nowMs = clock.nowMs();
    if (watchingSinceMs === null) {
      watchingSinceMs = nowMs;
      dirty = true;
      context = null;
      const silent = silentForMs !== null && silentForMs > serverGapMs;
      gap = silent ? { fromMs: Math.round(nowMs - silentForMs), untilMs: nowMs } : null;
    }
    return true;
  };

  const work = async (): Promise<boolean> => {
    if (!(await lead()) || watchingSinceMs === null) return false;
    const nowMs = clock.nowMs();
    // Further away than it was ever set: the clock was set back.
    const isEarly = nowMs < dueMs && dueMs - nowMs <= lookAtLeastEveryMs;
    if (!dirty && isEarly) return true;
    dirty = false;
    const known = context ?? buildOutageContext(await readStationTies(sql));
    context = known;
    const since = watchingSinceMs;
    const next = await sql.begin(async (tx) => {
      if (!(await stillHeld(tx, leaseName, holder))) return nowMs;
      const alerts = await readEngineAlerts(tx);
      const open = await readEngineIncidents(tx);
      const nodes = await readNodeStandings(tx, nowMs);
      const faults = findOwnFaults(nodes, gap, open, since, nowMs);
      const outages = alerts.filter((alert) => alert.kind !== 'TAMPERED');
      const plan = correlateOutages(outages, known, open, faults);
      const grouped = await carryOutPlan(tx, plan, outages, open, nowMs);
      const after = grouped.alertIds.length === 0 ? alerts : await readEngineAlerts(tx);
      const unpaged = after.filter((alert) => !alert.paged).map(toUnpaged);
      const told = await pageNow(
        tx,
        decidePaging(unpaged, nowMs),
        incidentsToPage(open, after, nowMs),
        nowMs,
      );
      const paged = told.alertIds.length + told.incidentIds.length > 0;
      await announceAll(tx, [
        { topic: 'alerts', ids: [...new Set([...grouped.alertIds, ...told.alertIds])] },
        { topic: 'incidents', ids: [...new Set([...grouped.incidentIds, ...told.incidentIds])] },
        ...(paged || plan.ended.length > 0 ? [{ topic: 'outbox' } as const] : []),
      ]);
      const incidentsWait =
        plan.incidents.some((one) => one.incidentId === null) || open.some((i) => !i.paged);
      const pagingMs = nextPagingMs(unpaged, nowMs);
      return Math.min(
        nowMs + lookAtLeastEveryMs,
        pagingMs ?? Number.POSITIVE_INFINITY,
        incidentsWait ? nowMs + everyMs : Number.POSITIVE_INFINITY,
      );
    });
    dueMs = next;
    return true;
  };

  const pass = (): Promise<boolean> => {
    running ??= work()
      .then((led) => {
        failing = false;
        return led;
      })
      .catch((error: unknown) => {
        dirty = true;
        if (!failing) log.warn({ err: error }, 'alerts cannot be grouped');
        failing = true;
        return false;
      })
      .finally(() => {
        running = null;
      });
    return running;
  };
  const loop = () => {
    if (stopped) return;
    const beganMs = clock.nowMs();
    void pass().then(() => {
      const tookMs = clock.nowMs() - beganMs;
      const waitMs = Math.min(longestWaitMs, Math.max(everyMs, 2 * tookMs));
      if (!stopped) cancel = clock.after(waitMs, loop);
    });
  };
  let cancel = () => {};
  loop();

  return {
    alertsChanged() {
      dirty = true;
    },
    planChanged() {
      context = null;
      dirty = true;
    },
    async pass() {
      await running;
      return await pass();
    },
    async stop() {
      stopped = true;
      cancel();
      await running;
      await dropLease(sql, leaseName, holder).catch(() => {});
    },
  };
}

function toUnpaged(alert: EngineAlertRow): UnpagedAlert {
  return { ...alert, severity: decideSeverity(alert) };
}

/** Open long enough, not acknowledged, and not made of what is only worth knowing. */
function incidentsToPage(
  open: readonly EngineIncidentRow[],
  alerts: readonly EngineAlertRow[],
  nowMs: number,
): readonly number[] {
  const grave = new Set(
    alerts
      .filter((alert) => alert.incidentId !== null && decideSeverity(alert) !== 'info')
      .map((alert) => alert.incidentId),
  );
  return open
    .filter(
      (incident) =>
        !incident.paged &&
        !incident.acknowledged &&
        Math.abs(nowMs - incident.openedAtMs) >= incidentHoldMs &&
        (grave.has(incident.incidentId) || isOwn(incident)),
    )
    .map((incident) => incident.incidentId);
}

function isOwn({ cause }: EngineIncidentRow): boolean {
  return cause.kind === 'media-node' || cause.kind === 'gateway' || cause.kind === 'server';
}
