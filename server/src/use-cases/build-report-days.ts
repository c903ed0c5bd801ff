import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { isWithinScope } from '@nigehban/domain/expected-dark.ts';
import { planPhaseSpans, type Span, sumCameraFacts } from '@nigehban/domain/report-availability.ts';
import {
  type CountOrder,
  type CountTimes,
  decideCount,
  reportDayOf,
  spanOfReportDay,
} from '@nigehban/domain/report-days.ts';
import type { Queryable, Sql } from '../store/database.ts';
import { readElections } from '../store/election-store.ts';
import { dropLease, holdLease } from '../store/engine-lease-store.ts';
import {
  addCameraTimes,
  type CameraTimeRow,
  clearCameraTimes,
  holdProgress,
  readExpectedSpans,
  readGapSpans,
  readProgress,
  readRecordedRuns,
  readRequiredPlacements,
  readServices,
  readStatesBefore,
  readTransitions,
  readUnwatched,
  writeProgress,
} from '../store/report-facts-store.ts';
import { startWokenLoop } from './woken-loop.ts';

export const defaultCountTimes: CountTimes = {
  settleMs: 360_000,
  stepMs: 600_000,
  longestMs: 3_600_000,
  lateMs: 6 * 3_600_000,
};

const lookEveryMs = 60_000;
const leaseMs = 180_000;
const leaseName = 'report-days';
/** Cameras in one statement: bounds memory and how long a transaction of a whole day lasts. */
const camerasAtOnce = 1_000;
const camerasAtOnceOfDay = 250;
const daysBack = 10;

/** Counts one step; true when there was one. The caller holds the lease. */
export async function countReportDays(
  sql: Sql,
  nowMs: number,
  times: CountTimes,
  renew: () => Promise<boolean>,
): Promise<CountOrder | null> {
  const progress = await readProgress(
    sql,
    reportDayOf(nowMs - daysBack * 86_400_000),
    reportDayOf(nowMs),
  );
  const order = decideCount(progress, nowMs, times);
  if (order === null) return null;
  const { day } = order;
  if (order.kind === 'add') {
    const span = { fromMs: order.fromMs, toMs: order.toMs };
    // All or nothing: what was added is not added twice.
    await sql.begin(async (tx) => {
      // Another process that took the lease meanwhile waits here, and finds it done.
      if (!(await holdProgress(tx, day, order.fromMs))) return;
      for (let after: number | null = 0; after !== null; ) {
        after = await addCameras(tx, day, span, after, camerasAtOnce, nowMs, false);
      }
      await writeProgress(tx, { day, doneUntilMs: order.toMs, closedAtMs: null });
    });
  } else {
    const span = spanOfReportDay(day);
    for (let after: number | null = 0; after !== null; ) {
      if (!(await renew())) return null;
      const from: number = after;
      after = await sql.begin(
        async (tx) => await addCameras(tx, day, span, from, camerasAtOnceOfDay, nowMs, true),
      );
    }
    await writeProgress(sql, { day, doneUntilMs: span.toMs, closedAtMs: nowMs });
  }
  return order;
}

/** Counts the next cameras; the last id, or null when there are no more. */
async function addCameras(
  sql: Queryable,
  day: string,
  span: Span,
  after: number,
  atOnce: number,
  nowMs: number,
  anew: boolean,
): Promise<number | null> {
  const services = await readServices(sql, span, after, atOnce);
  const ids = [...new Set(services.map((row) => row.cameraId))];
  const last = ids.length < atOnce ? null : (ids.at(-1) ?? null);
  if (anew) await clearCameraTimes(sql, day, after, last);
  if (ids.length === 0) return null;
  // A suspicion at the end of the span is judged by what came of it.
  const ahead = { fromMs: span.fromMs, toMs: Math.min(nowMs, span.toMs + 600_000) };
  const before = await readStatesBefore(sql, ids, span.fromMs);
  const transitions = await readTransitions(sql, ids, ahead);
  const recorded = await readRecordedRuns(sql, ids, span);
  const gaps = await readGapSpans(sql, ids, span);
  const unwatched = await readUnwatched(sql, span);
  const expected = await readExpectedSpans(sql, span);
  const required = await readRequiredPlacements(sql);
  const elections = await readElections(sql);
  const phases = new Map(
    [...new Set(services.map((row) => row.districtCode))].map((code) => [
      code,
      planPhaseSpans(elections, code, span),
    ]),
  );
  const rows: CameraTimeRow[] = [];
  for (const service of services) {
    const { cameraId, stationId, placement } = service;
    const changes = transitions.get(cameraId) ?? [];
    const times = sumCameraFacts({
      fromMs: service.fromMs,
      toMs: service.toMs,
      history: {
        before: before.get(cameraId) ?? { state: changes[0]?.from ?? 'UNKNOWN', fault: null },
        transitions: changes,
        unwatched: unwatched.filter((gap) => gap.nodeId === null || gap.nodeId === service.nodeId),
      },
      recorded: recorded.get(cameraId) ?? [],
      gaps: gaps.get(cameraId) ?? [],
      expected: expected
        .filter((one) => isWithinScope(one.scope, service))
        .map((one) => ({ fromMs: one.startsAtMs, toMs: one.endsAtMs })),
      phases: phases.get(service.districtCode) ?? [],
    });
    for (const [phase, time] of times) {
      const isRequired = required.has(`${phase} ${placement}`);
      rows.push({ cameraId, stationId, placement, phase, required: isRequired, time });
    }
  }
  await addCameraTimes(sql, day, rows);
  return last;
}

/** Keeps the days of the reports: one process of several does it, looking each minute. */
export function startReportDays(options: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly serverId: string;
  readonly times?: CountTimes;
}): { stop(): Promise<void> } {
  const { sql, clock, log, serverId } = options;
  const times = options.times ?? defaultCountTimes;
  const renewUnless = async (stopping: AbortSignal) =>
    !stopping.aborted && (await holdLease(sql, leaseName, serverId, leaseMs)).held;
  const loop = startWokenLoop({
    clock,
    log,
    async pass(stopping) {
      const renew = () => renewUnless(stopping);
      while (await renew()) {
        if ((await countReportDays(sql, clock.nowMs(), times, renew)) === null) break;
      }
      return lookEveryMs;
    },
    everyMs: lookEveryMs,
    firstAfterMs: lookEveryMs,
    failing: 'camera time cannot be counted',
  });
  return {
    async stop() {
      await loop.stop();
      await dropLease(sql, leaseName, serverId).catch(() => {});
    },
  };
}
