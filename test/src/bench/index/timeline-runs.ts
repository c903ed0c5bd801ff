import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { footageDayStartUs } from '@nigehban/domain/footage-days.ts';
import { readEntriesAfter } from '@nigehban/recorder/chain/chain-files.ts';
import { formatChainLine } from '@nigehban/recorder/chain/chain-line.ts';
import { chainFileName, hourFolder, segmentPath } from '@nigehban/recorder/footage-layout.ts';
import type { Sql } from '@nigehban/server/store/database.ts';
import { readTimeline } from '@nigehban/server/use-cases/read-timeline.ts';
import { codec, type FleetWeek, minutesPerDay } from './fleet-week.ts';

export interface TimelineRun {
  readonly elapsedMs: readonly number[];
  /** Of one answer, as JSON. */
  readonly answerBytes: number;
  readonly pieces: number;
}

/** A fixed series of numbers from 0 to 1, so that each run asks for the same days. */
function createSeries(): () => number {
  let state = 20_270_208;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Asks the product's use case for random cameras: one day of the week, or all seven. */
export async function runTimeline(
  sql: Sql,
  week: FleetWeek,
  span: { readonly days: 1 | 7; readonly queries: number },
): Promise<TimelineRun> {
  const next = createSeries();
  const elapsedMs: number[] = [];
  let answerBytes = 0;
  let pieces = 0;
  for (let query = 0; query < span.queries; query++) {
    const cameraId = 1 + Math.floor(next() * week.cameras);
    const first = span.days === 7 ? 0 : Math.floor(next() * week.days.length);
    const fromMs = footageDayStartUs(week.days[first] ?? 0) / 1000;
    const given = { cameraId, fromMs, toMs: fromMs + span.days * 86_400_000 };
    const startedMs = performance.now();
    const timeline = await readTimeline(sql, async () => null, given);
    elapsedMs.push(performance.now() - startedMs);
    pieces = timeline.segments.length + timeline.gaps.length;
    if (pieces < span.days * (minutesPerDay - 1)) {
      throw new Error(`camera ${cameraId}: ${pieces} pieces in ${span.days} days`);
    }
    answerBytes = Buffer.byteLength(JSON.stringify(timeline));
  }
  return { elapsedMs, answerBytes, pieces };
}

/**
 * The peer: the same camera-day without an index, from the 24 chain files on disk (60 fragments a
 * segment), as a node reads them. Returns milliseconds.
 */
export async function runChainPeer(
  folder: string,
  week: FleetWeek,
  reads: number,
): Promise<readonly number[]> {
  const dayStartUs = footageDayStartUs(week.days[0] ?? 0);
  const hours = new Map<string, string[]>();
  const hash = 'ab'.repeat(32);
  for (let minute = 0; minute < minutesPerDay; minute++) {
    const startUs = dayStartUs + minute * 60_000_000;
    const line = formatChainLine({
      kind: 'segment',
      cameraId: 1,
      sequence: minute + 1,
      startUs,
      endUs: startUs + 60_000_000,
      previousHash: hash,
      path: segmentPath(1, startUs),
      codec,
      widthPx: 1280,
      heightPx: 720,
      frames: 1500,
      sizeBytes: 11_250_000,
      sha256: hash,
      fragments: Array.from({ length: 60 }, (_, index) => [187_500 * (index + 1), hash] as const),
      clockOffsetMs: 0,
      flags: { repaired: false, lossy: false, adopted: false },
    });
    const path = join(folder, '1', hourFolder(startUs), chainFileName);
    hours.set(path, [...(hours.get(path) ?? []), line]);
  }
  for (const [path, lines] of hours) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${lines.join('\n')}\n`);
  }
  const elapsedMs: number[] = [];
  for (let read = 0; read < reads; read++) {
    const startedMs = performance.now();
    let entries = 0;
    for await (const hour of readEntriesAfter(folder, 1, 0)) entries += hour.length;
    elapsedMs.push(performance.now() - startedMs);
    if (entries !== minutesPerDay) throw new Error(`${entries} entries in the chain`);
  }
  return elapsedMs;
}
