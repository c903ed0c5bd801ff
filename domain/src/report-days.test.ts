import { expect, test } from 'vitest';
import { decideCount, reportDayOf, reportDaysOf, spanOfReportDay } from './report-days.ts';

const times = {
  settleMs: 360_000,
  stepMs: 600_000,
  longestMs: 20 * 3_600_000,
  lateMs: 6 * 3_600_000,
};
const at = (text: string) => Date.parse(`${text}+05:00`);

test('days are those of Pakistan', () => {
  expect(reportDayOf(at('2024-02-08T00:00:00'))).toBe('2024-02-08');
  expect(reportDayOf(at('2024-02-08T00:00:00') - 1)).toBe('2024-02-07');
  expect(spanOfReportDay('2024-02-08').fromMs).toBe(at('2024-02-08T00:00:00'));
  expect(
    reportDaysOf({ fromMs: at('2024-02-07T23:59:00'), toMs: at('2024-02-09T00:00:00') }),
  ).toEqual(['2024-02-07', '2024-02-08']);
});

test('counting begins with the day before, goes on in steps, and closes a day late', () => {
  const rows: { day: string; doneUntilMs: number; closedAtMs: number | null }[] = [];
  const orders: string[] = [];
  let nowMs = at('2024-02-08T08:00:00');
  while (nowMs < at('2024-02-09T09:00:00')) {
    const order = decideCount(rows, nowMs, times);
    if (order === null) {
      nowMs += 60_000;
      continue;
    }
    const known = rows.find((row) => row.day === order.day);
    if (order.kind === 'close') {
      orders.push(
        `close ${order.day} ${new Date(nowMs + 5 * 3_600_000).toISOString().slice(11, 16)}`,
      );
      if (known !== undefined) known.closedAtMs = nowMs;
      continue;
    }
    expect(order.fromMs).toBe(known?.doneUntilMs ?? spanOfReportDay(order.day).fromMs);
    expect(order.toMs).toBeLessThanOrEqual(nowMs - times.settleMs);
    if (known === undefined)
      rows.push({ day: order.day, doneUntilMs: order.toMs, closedAtMs: null });
    else known.doneUntilMs = order.toMs;
  }
  expect(orders).toEqual(['close 2024-02-07 08:00', 'close 2024-02-08 06:00']);
  expect(rows.map((row) => row.day)).toEqual(['2024-02-07', '2024-02-08', '2024-02-09']);
  expect(rows[1]?.doneUntilMs).toBe(at('2024-02-09T00:00:00'));
});

test('after a long absence the missed days are counted, each up to its end', () => {
  const rows = [{ day: '2024-02-05', doneUntilMs: at('2024-02-05T10:00:00'), closedAtMs: null }];
  expect(decideCount(rows, at('2024-02-08T12:00:00'), times)).toEqual({
    kind: 'add',
    day: '2024-02-05',
    fromMs: at('2024-02-05T10:00:00'),
    toMs: at('2024-02-06T00:00:00'),
  });
});
