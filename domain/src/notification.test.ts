import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideFlush, deliveryBackoffMs, quietUntilMs } from './notification.ts';

const karachi = (hour: number, minute = 0) => Date.UTC(2027, 1, 8, hour - 5, minute);

test('quiet hours are those of Pakistan and may pass midnight', () => {
  const night = { fromMinute: 22 * 60, toMinute: 7 * 60 };
  expect(quietUntilMs(night, karachi(21, 59))).toBeNull();
  expect(quietUntilMs(night, karachi(22))).toBe(karachi(31));
  expect(quietUntilMs(night, karachi(6, 59))).toBe(karachi(7));
  expect(quietUntilMs(night, karachi(7))).toBeNull();
  const noon = { fromMinute: 12 * 60, toMinute: 13 * 60 };
  expect(quietUntilMs(noon, karachi(12, 30))).toBe(karachi(13));
  expect(quietUntilMs(noon, karachi(13))).toBeNull();
  expect(quietUntilMs(null, karachi(3))).toBeNull();
  expect(quietUntilMs({ fromMinute: 60, toMinute: 60 }, karachi(1))).toBeNull();
});

test('attempts are spaced further and further, and a receiver that asks for time gets it', () => {
  expect(deliveryBackoffMs(1, null, 0.5)).toBe(5_000);
  expect(deliveryBackoffMs(3, null, 0.5)).toBe(20_000);
  expect(deliveryBackoffMs(30, null, 0.5)).toBe(900_000);
  expect(deliveryBackoffMs(1, 60_000, 0)).toBe(60_000);
  expect(deliveryBackoffMs(1, 999_999_999, 0)).toBe(3_600_000);
});

const limit = { messages: 3, windowMs: 600_000 };

test('a notice waits for its companions, then goes alone or in a summary', () => {
  const at = karachi(9);
  const input = { waiting: 1, oldestWaitingMs: at, sentAtMs: [], limit, gatherMs: 10_000 };
  expect(decideFlush(input, at)).toEqual({ kind: 'wait', untilMs: at + 10_000 });
  expect(decideFlush(input, at + 10_000)).toEqual({ kind: 'single' });
  expect(decideFlush({ ...input, waiting: 6_000 }, at + 10_000)).toEqual({ kind: 'digest' });
  expect(decideFlush({ ...input, waiting: 0, oldestWaitingMs: null }, at)).toEqual({
    kind: 'nothing',
  });
});

test('over the limit everything waits until the window has moved on', () => {
  const at = karachi(9);
  const sentAtMs = [at - 500_000, at - 100_000, at - 50_000];
  const input = { waiting: 5, oldestWaitingMs: at - 20_000, sentAtMs, limit, gatherMs: 10_000 };
  expect(decideFlush(input, at)).toEqual({ kind: 'wait', untilMs: at + 100_000 });
  expect(decideFlush(input, at + 100_000)).toEqual({ kind: 'digest' });
});

test('whatever arrives and when, no window of that length sees more messages than the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2_000_000 }), { maxLength: 60 }), (arrivals) => {
      const sent: number[] = [];
      let waiting: number[] = [];
      const sorted = arrivals.toSorted((a, b) => a - b);
      for (let nowMs = 0; nowMs <= 4_000_000; nowMs += 5_000) {
        while ((sorted[0] ?? Infinity) <= nowMs) waiting.push(sorted.shift() ?? 0);
        const oldestWaitingMs = waiting.length === 0 ? null : Math.min(...waiting);
        const decision = decideFlush(
          { waiting: waiting.length, oldestWaitingMs, sentAtMs: sent, limit, gatherMs: 10_000 },
          nowMs,
        );
        if (decision.kind === 'single') sent.push(...waiting.map(() => nowMs));
        if (decision.kind === 'digest') sent.push(nowMs);
        if (decision.kind === 'single' || decision.kind === 'digest') waiting = [];
        if (decision.kind === 'wait') expect(decision.untilMs).toBeGreaterThan(nowMs);
      }
      expect(waiting).toEqual([]);
      for (const at of sent) {
        const inWindow = sent.filter((other) => other > at - limit.windowMs && other <= at);
        expect(inWindow.length).toBeLessThanOrEqual(limit.messages);
      }
    }),
    { numRuns: 60 },
  );
});
