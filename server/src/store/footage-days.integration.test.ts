import { createManualClock } from '@nigehban/config/clock/clock.ts';
import { footageDayOf, footageDayStartUs } from '@nigehban/domain/footage-days.ts';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startTestServices, type TestServices, testLog } from '../testing/test-services.ts';
import { startFootageDayKeeper } from '../use-cases/keep-footage-days.ts';
import { readTimeline } from '../use-cases/read-timeline.ts';
import { openDatabase, type Queryable, type Sql } from './database.ts';
import {
  addFootageDays,
  dropFootageDays,
  listFootageDays,
  orderFootageDay,
} from './footage-days-store.ts';
import { readGaps, readSegments } from './footage-store.ts';
import { migrate, readMigrations } from './migrate.ts';

let services: TestServices;
let url = '';
let sql: Sql;
beforeAll(async () => {
  services = await startTestServices();
}, 60_000);
beforeEach(async () => {
  url = await services.createDatabase();
  sql = openDatabase(url);
  return async () => await sql.end();
});
afterAll(async () => await services?.stop());

const today = footageDayOf(Date.parse('2026-10-08T00:00:00Z') * 1000);
const minuteUs = 60_000_000;

async function putSegment(tx: Queryable, startUs: number, sequence = 1): Promise<void> {
  await tx`insert into segment (camera_id, start_us, end_us, sequence, node_id, bytes, frames, sha256,
      flags, codec)
    values (7, ${startUs}, ${startUs + minuteUs}, ${sequence}, 'media-1', 1000, 1500, '\\x00', 0, 'h264')`;
}

async function putGap(tx: Queryable, startUs: number, endUs: number): Promise<void> {
  await tx`insert into gap (camera_id, start_us, end_us, sequence, node_id, cause)
    values (7, ${startUs}, ${endUs}, 2, 'media-1', 'unreachable')`;
}

async function partsOf(table: 'segment' | 'gap'): Promise<string[]> {
  const rows = await sql<{ part: string }[]>`
    select tableoid::regclass::text as part from ${sql(table)} order by start_us`;
  return rows.map((row) => row.part);
}

test('the rows of a former version keep their values and go to their days', async () => {
  const [before, ...after] = readMigrations();
  if (before === undefined) throw new Error('no migrations');
  await migrate(sql, [before]);
  const starts = [footageDayStartUs(today) - minuteUs, footageDayStartUs(today), 4_000_000];
  for (const startUs of starts) {
    await sql`insert into segment (camera_id, start_us, end_us, sequence, node_id, path, bytes, frames,
        sha256, flags, codec)
      values (7, ${startUs}, ${startUs + minuteUs}, 41, 'media-1', 'x', 11000000000, 1500, '\\xab01', 2,
        'avc1.4d400d,ulaw')`;
    await putGap(sql, startUs, startUs + 5);
  }
  await migrate(sql, [before, ...after]);
  expect(await partsOf('segment')).toEqual([
    'segment_other',
    'segment_20261007',
    'segment_20261008',
  ]);
  expect(await partsOf('gap')).toEqual(['gap_other', 'gap_20261007', 'gap_20261008']);
  expect(
    await sql`select camera_id, end_us - start_us as us, sequence, node_id, bytes, frames, flags,
      encode(sha256, 'hex') as sha256, codec from segment where start_us = ${starts[1] ?? 0}`,
  ).toEqual([
    {
      cameraId: 7,
      us: minuteUs,
      sequence: 41,
      nodeId: 'media-1',
      bytes: 11_000_000_000,
      frames: 1500,
      flags: 2,
      sha256: 'ab01',
      codec: 'avc1.4d400d,ulaw',
    },
  ]);
});

test('a day that is made late takes its rows out of the default partition', async () => {
  await migrate(sql);
  const startUs = footageDayStartUs(today);
  await putSegment(sql, startUs - 1);
  await putSegment(sql, startUs);
  await putGap(sql, startUs + 9, startUs + 10);
  expect(await partsOf('segment')).toEqual(['segment_other', 'segment_other']);
  expect(await addFootageDays(sql, [today])).toEqual([today]);
  expect(await partsOf('segment')).toEqual(['segment_other', 'segment_20261008']);
  expect(await partsOf('gap')).toEqual(['gap_20261008']);
  await expect(putSegment(sql, startUs)).rejects.toMatchObject({ code: '23505' });
});

test('many that meet new days at once, while rows of another come in, make each day once', async () => {
  await migrate(sql);
  await addFootageDays(sql, [today - 1]);
  const days = [today, today + 1, today + 2];
  const made = await Promise.all(
    Array.from({ length: 8 }, async (_, worker) => {
      await putSegment(sql, footageDayStartUs(today) - 1 - worker);
      const added = await addFootageDays(sql, worker % 2 === 0 ? days : days.toReversed());
      await putSegment(sql, footageDayStartUs(today) + worker);
      return added;
    }),
  );
  expect(made.flat().sort()).toEqual(days);
  expect(await listFootageDays(sql)).toEqual([today - 1, ...days]);
  expect(new Set(await partsOf('segment'))).toEqual(
    new Set(['segment_20261007', 'segment_20261008']),
  );
});

test('whole days are dropped; a drop that crashed half-way is finished; others stay', async () => {
  await migrate(sql);
  await addFootageDays(sql, [today, today + 1, today + 2]);
  for (const day of [0, 1, 2]) await putSegment(sql, footageDayStartUs(today + day), day);
  await sql`alter table gap detach partition gap_20261009`;
  await dropFootageDays(sql, [today, today + 1, today - 40]);
  expect(await listFootageDays(sql)).toEqual([today + 2]);
  expect(await partsOf('segment')).toEqual(['segment_20261010']);
  expect(await addFootageDays(sql, [today])).toEqual([today]);
});

test('a settled day is put in order once, with all its rows; late rows still find it', async () => {
  await migrate(sql);
  await addFootageDays(sql, [today, today + 1]);
  const startUs = footageDayStartUs(today);
  for (const minute of [0, 1, 2, 3]) {
    for (const camera of [9, 7, 8]) {
      await sql`insert into segment (camera_id, start_us, end_us, sequence, node_id, bytes, frames,
          sha256, flags, codec)
        values (${camera}, ${startUs + minute * minuteUs}, ${startUs + (minute + 1) * minuteUs},
          ${minute + 1}, 'media-1', 1000, 1500, '\\xab01', 2, 'h264')`;
    }
  }
  const rows = async () => await sql`select * from segment order by camera_id, start_us`;
  const before = await rows();
  expect(await orderFootageDay(sql, today)).toBe(true);
  expect(await orderFootageDay(sql, today)).toBe(false);
  expect(await orderFootageDay(sql, today - 50)).toBe(false);
  expect(await rows()).toEqual(before);
  const lying = await sql`select camera_id from segment_20261008 order by ctid`;
  expect(lying.map((row) => row.cameraId)).toEqual([7, 7, 7, 7, 8, 8, 8, 8, 9, 9, 9, 9]);
  await expect(putSegment(sql, startUs)).rejects.toMatchObject({ code: '23505' });
  await putSegment(sql, startUs + 9 * minuteUs);
  expect(await partsOf('segment')).toEqual(Array(13).fill('segment_20261008'));
  expect(await listFootageDays(sql)).toEqual([today, today + 1]);
  await dropFootageDays(sql, [today]);
  expect(await rows()).toEqual([]);
});

test('a day that somebody reads for long stays as it is, and is put in order later', async () => {
  await migrate(sql);
  await addFootageDays(sql, [today]);
  await putSegment(sql, footageDayStartUs(today));
  await sql.begin(async (reader) => {
    await reader`select count(*) from segment`;
    await expect(orderFootageDay(sql, today)).rejects.toMatchObject({ code: '55P03' });
  });
  expect(await orderFootageDay(sql, today)).toBe(true);
  expect(await partsOf('segment')).toEqual(['segment_20261008']);
});

test('a drop does not make others wait behind a long query', async () => {
  await migrate(sql);
  await addFootageDays(sql, [today]);
  await sql.begin(async (reader) => {
    await reader`select count(*) from segment`;
    await expect(dropFootageDays(sql, [today])).rejects.toMatchObject({ code: '55P03' });
  });
  await dropFootageDays(sql, [today]);
  expect(await listFootageDays(sql)).toEqual([]);
});

test('a range reads over days, with the gap that began days before', async () => {
  await migrate(sql);
  await addFootageDays(sql, [today - 3, today - 1, today]);
  const midnightUs = footageDayStartUs(today);
  await putGap(sql, midnightUs - 3 * 86_400_000_000, midnightUs - 2 * minuteUs);
  for (const minute of [-2, -1, 0, 1]) await putSegment(sql, midnightUs + minute * minuteUs, 4);
  const read = async (fromMinute: number, toMinute: number) => {
    const [fromUs, toUs] = [midnightUs + fromMinute * minuteUs, midnightUs + toMinute * minuteUs];
    const segments = await readSegments(sql, 7, fromUs, toUs);
    const gaps = await readGaps(sql, 7, fromUs, toUs);
    return [segments.map((row) => (row.startUs - midnightUs) / minuteUs), gaps.length];
  };
  expect(await read(-1, 1)).toEqual([[-1, 0], 0]);
  expect(await read(-10, 0.5)).toEqual([[-2, -1, 0], 1]);
  expect(await read(1.5, 9)).toEqual([[1], 0]);
});

test('pieces of one outage are one gap of the timeline', async () => {
  await migrate(sql);
  const startUs = footageDayStartUs(today);
  for (const minute of [0, 1, 2, 4]) {
    await putGap(sql, startUs + minute * minuteUs, startUs + (minute + 1) * minuteUs);
  }
  const fromMs = startUs / 1000;
  const timeline = await readTimeline(sql, async () => null, {
    cameraId: 7,
    fromMs,
    toMs: fromMs + 3_600_000,
  });
  expect(timeline.gaps.map((gap) => [gap.startMs - fromMs, gap.endMs - fromMs])).toEqual([
    [0, 180_000],
    [240_000, 300_000],
  ]);
});

test('the keeper makes days ahead and goes on after midnight and after a failure', async () => {
  await migrate(sql);
  const clock = createManualClock(Date.parse('2026-10-08T23:30:00Z'));
  const keeper = startFootageDayKeeper(sql, { clock, log: testLog });
  const until = async (last: number) =>
    await vi.waitFor(async () => expect((await listFootageDays(sql)).at(-1)).toBe(last), {
      timeout: 10_000,
    });
  await until(today + 3);
  await sql`alter function add_footage_day rename to add_footage_day_hidden`;
  // Waits for its timer to be set before time moves on.
  await vi.waitFor(
    () => {
      clock.advance(3_600_000);
      expect(clock.nowMs()).toBeGreaterThan(Date.parse('2026-10-10T01:00:00Z'));
    },
    { timeout: 10_000 },
  );
  await sql`alter function add_footage_day_hidden rename to add_footage_day`;
  await vi.waitFor(
    async () => {
      clock.advance(60_000);
      expect(await listFootageDays(sql)).toContain(today + 5);
    },
    { timeout: 10_000 },
  );
  await keeper.stop();
});
