import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decidePaging,
  defaultPagingPolicy,
  nextPagingMs,
  type UnpagedAlert,
} from './decide-paging.ts';

const nowMs = 1_800_000_000_000;
const secondMs = 1_000;
const policy = defaultPagingPolicy;

const alert = (changes: Partial<UnpagedAlert> = {}, ageMs = 20 * secondMs): UnpagedAlert => ({
  alertId: 1,
  districtCode: 'LHR',
  beganAtMs: nowMs - ageMs,
  reopened: false,
  severity: 'major',
  expected: false,
  acknowledged: false,
  incidentId: null,
  quietUntilMs: null,
  ...changes,
});

/** `count` alerts of that age, with ids from 100 on. */
const others = (count: number, ageMs: number, changes: Partial<UnpagedAlert> = {}) =>
  Array.from({ length: count }, (_, index) => alert({ alertId: 100 + index, ...changes }, ageMs));

test.each<[string, Partial<UnpagedAlert>, number, boolean]>([
  ['one that is held', {}, policy.holdMs - 1, false],
  ['one whose hold is over', {}, policy.holdMs, true],
  ['one that came back, held for longer', { reopened: true }, policy.reopenedHoldMs - 1, false],
  ['one that came back and stayed', { reopened: true }, policy.reopenedHoldMs, true],
  ['one that is only worth knowing', { severity: 'info' }, 600_000, false],
  ['one that is minor', { severity: 'minor' }, 600_000, true],
  ['one that was announced', { expected: true }, 600_000, false],
  ['one that somebody took', { acknowledged: true }, 600_000, false],
  ['one that an incident speaks for', { incidentId: 7 }, 600_000, false],
  ['one that is kept quiet', { quietUntilMs: nowMs + 1 }, 600_000, false],
  ['one whose quiet time is over', { quietUntilMs: nowMs }, 600_000, true],
  ['quiet for longer than anybody keeps it', { quietUntilMs: nowMs + 600_001 }, 600_000, true],
  ['begun a little ahead, by another clock', {}, -30 * secondMs, false],
  ['begun far ahead, before the clock was set back', {}, -61 * secondMs, true],
])('%s', (_, changes, ageMs, told) => {
  expect(decidePaging([alert(changes, ageMs)], nowMs)).toEqual(told ? [1] : []);
});

test.each<[string, readonly UnpagedAlert[], number, boolean]>([
  ['two fresh ones keep nothing back', others(2, 0), policy.holdMs, true],
  ['three of its district do', others(3, 0), policy.holdMs, false],
  ['but not for ever', others(3, 0), policy.longestHoldMs, true],
  ['those of another district do not', others(3, 0, { districtCode: 'MUL' }), policy.holdMs, true],
  [
    'announced ones do not: no incident comes of them',
    others(9, 0, { expected: true }),
    5_000,
    true,
  ],
  ['older ones do not', others(3, policy.risingMs + 1), policy.holdMs, true],
  [
    'acknowledged ones may be of an incident to come',
    others(3, 0, { acknowledged: true }),
    5_000,
    false,
  ],
])('its district is rising: %s', (_, around, ageMs, told) => {
  expect(decidePaging([alert({}, ageMs), ...around], nowMs).includes(1)).toBe(told);
});

test.each<[string, readonly UnpagedAlert[], number, boolean]>([
  ['99 are none', others(99, 14_000), 16_000, true],
  ['100 are one', others(100, 14_000), 16_000, false],
  ['100 that are older than the longest hold are none', others(100, 15_001), 16_000, true],
  ['its hold ends', others(100, 14_000), policy.stormHoldMs, true],
  ['an announced outage of a feeder is none', others(500, 1_000, { expected: true }), 16_000, true],
])('a storm everywhere: %s', (_, around, ageMs, told) => {
  const elsewhere = around.map((one) => ({ ...one, districtCode: 'MUL' }));
  expect(decidePaging([alert({}, ageMs), ...elsewhere], nowMs).includes(1)).toBe(told);
});

const anyAlert = (alertId: number): fc.Arbitrary<UnpagedAlert> =>
  fc.record({
    alertId: fc.constant(alertId),
    districtCode: fc.constantFrom('LHR', 'MUL'),
    beganAtMs: fc.integer({ min: -120, max: 100 }).map((s) => nowMs + s * secondMs),
    reopened: fc.boolean(),
    severity: fc.constantFrom('critical', 'major', 'minor', 'info'),
    expected: fc.boolean(),
    acknowledged: fc.boolean(),
    incidentId: fc.constantFrom(null, null, 3),
    quietUntilMs: fc.option(fc.integer({ min: -900, max: 900 }).map((s) => nowMs + s * secondMs)),
  });
const anyAlerts = fc
  .integer({ min: 0, max: 12 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, id) => anyAlert(id))));
/** Small enough numbers that a few alerts are a storm. */
const touchy = { ...policy, stormAlerts: 4 };

test('nothing that people are to hear of is held for longer than the storm and its quiet time', () => {
  fc.assert(
    fc.property(anyAlerts, (alerts) => {
      const told = decidePaging(alerts, nowMs, touchy);
      const overdue = alerts.filter((one) => {
        const pageable = !one.expected && !one.acknowledged && one.incidentId === null;
        const quiet = one.quietUntilMs !== null && one.quietUntilMs > nowMs;
        const old = nowMs - one.beganAtMs >= touchy.stormHoldMs;
        return pageable && one.severity !== 'info' && old && !quiet;
      });
      expect(told).toEqual(expect.arrayContaining(overdue.map((one) => one.alertId)));
    }),
  );
});

test('the order of the alerts makes no difference, and nobody is told twice', () => {
  fc.assert(
    fc.property(anyAlerts, (alerts) => {
      const told = decidePaging(alerts, nowMs, touchy);
      expect(new Set(told).size).toBe(told.length);
      expect(decidePaging(alerts.toReversed(), nowMs, touchy)).toEqual(told.toReversed());
    }),
  );
});

test('whoever looks again when told to misses nothing', () => {
  fc.assert(
    fc.property(anyAlerts, (alerts) => {
      const next = nextPagingMs(alerts, nowMs, touchy);
      const told = new Set(decidePaging(alerts, nowMs, touchy));
      const waiting = alerts.filter((one) => !told.has(one.alertId));
      // Without any news: when does the first of those that wait become due?
      let dueMs: number | null = null;
      for (let atMs = nowMs + secondMs; atMs < nowMs + 1_000 * secondMs; atMs += secondMs) {
        if (decidePaging(waiting, atMs, touchy).length === 0) continue;
        dueMs = atMs;
        break;
      }
      if (next !== null) expect(next).toBeGreaterThan(nowMs);
      if (dueMs !== null) expect(next ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(dueMs);
      if (next === null) expect(told.size).toBe(0);
    }),
  );
});
