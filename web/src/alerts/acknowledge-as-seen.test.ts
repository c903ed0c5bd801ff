import type { IncidentDetail, IncidentView } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { describe, expect, test } from 'vitest';
import { ConsoleFault } from '../api/console-fault.ts';
import {
  type AcknowledgeCalls,
  acknowledgeAlertAsSeen,
  acknowledgeIncidentAsSeen,
} from './acknowledge-as-seen.ts';

const alertNow = (id: number, version: number, changed: Partial<AlertView> = {}): AlertView =>
  ({
    id,
    version,
    state: 'open',
    kind: 'PARTIAL',
    severity: 'major',
    assignee: null,
    reopened: 0,
    acknowledgedBy: null,
    ...changed,
  }) as AlertView;

/** A server that keeps versions as ours does. */
function serverWith(alerts: readonly AlertView[]): {
  calls: AcknowledgeCalls;
  now: () => readonly AlertView[];
  asked: () => number;
} {
  let held = alerts;
  let asked = 0;
  const incident = { id: 1, version: 1, state: 'open' } as unknown as IncidentView;
  const take = (id: number): AlertView => {
    const taken = { ...held.find((one) => one.id === id) } as AlertView;
    const done = { ...taken, state: 'acknowledged', version: taken.version + 1 } as const;
    held = held.map((one) => (one.id === id ? done : one));
    return done;
  };
  const matches = (id: number, version: number): boolean =>
    held.some((one) => one.id === id && one.version === version && one.state === 'open');
  const calls: AcknowledgeCalls = {
    acknowledge: async (id, { version }) => {
      asked++;
      if (matches(id, version)) return take(id);
      throw new ConsoleFault('ALERT_CHANGED', 'changed');
    },
    detail: async (id) => held.find((one) => one.id === id) as never,
    acknowledgeIncident: async (_, { seen = [] }) => {
      asked++;
      const acknowledged = seen.filter(({ id, version }) => matches(id, version));
      for (const { id } of acknowledged) take(id);
      const conflicts = held.filter(({ state }) => state === 'open');
      return {
        incident,
        acknowledged: acknowledged.map(({ id }) => id),
        conflicts: conflicts.map(({ id }) => id),
      };
    },
    incident: async () =>
      ({ ...incident, alerts: held, timeline: [] }) as unknown as IncidentDetail,
  };
  return { calls, now: () => held, asked: () => asked };
}

describe('one alert', () => {
  test('paged or escalated by the engine meanwhile, it is taken all the same', async () => {
    const { calls } = serverWith([alertNow(7, 4, { pagedAtMs: 5, escalationLevel: 1 })]);
    const seen = alertNow(7, 2, { severity: 'critical' });
    expect(await acknowledgeAlertAsSeen(seen, calls)).toMatchObject({ state: 'acknowledged' });
  });

  test.each([
    ['taken by another person', { state: 'acknowledged', acknowledgedBy: 'bilal' }],
    ['closed', { state: 'closed' }],
    ['given to another person', { assignee: 'bilal' }],
    ['of a higher severity', { severity: 'critical' }],
    ['blind now', { kind: 'BLIND' }],
    ['back after it had ended', { reopened: 1 }],
  ] as const)('%s meanwhile, it is looked at again', async (_, changed) => {
    const { calls, now, asked } = serverWith([alertNow(7, 4, changed)]);
    await expect(acknowledgeAlertAsSeen(alertNow(7, 3), calls)).rejects.toMatchObject({
      code: 'ALERT_CHANGED',
    });
    expect(asked()).toBe(1);
    expect(now()[0]?.version).toBe(4);
  });

  test('one that changes without end is given up', async () => {
    const { calls, asked } = serverWith([alertNow(7, 2)]);
    // Its version moves on between being read and being named.
    const racing = {
      ...calls,
      detail: async (id: number) => ({ ...(await calls.detail(id)), version: 1 }) as never,
    };
    await expect(acknowledgeAlertAsSeen(alertNow(7, 1), racing)).rejects.toMatchObject({
      code: 'ALERT_CHANGED',
    });
    expect(asked()).toBe(4);
  });
});

test('of an incident, what was seen is taken; who joined, got worse or was taken is told', async () => {
  const { calls, now } = serverWith([
    alertNow(1, 1),
    alertNow(2, 9, { down: 4 }),
    alertNow(3, 5, { kind: 'BLIND' }),
    alertNow(4, 1),
  ]);
  const seen = { id: 1, version: 1, alerts: [alertNow(1, 1), alertNow(2, 8), alertNow(3, 4)] };
  const outcome = await acknowledgeIncidentAsSeen(seen, calls);
  expect(outcome.acknowledged).toEqual([1, 2]);
  expect(outcome.conflicts.map(({ id }) => id)).toEqual([3, 4]);
  expect(now().map(({ state }) => state)).toEqual(['acknowledged', 'acknowledged', 'open', 'open']);
});
