import { parseSettings } from '@nigehban/config/settings/settings.ts';
import { expect, test } from 'vitest';
import { planEngines, planProcesses } from './plan-engines.ts';

test('few cameras have one process, many one per core, a wish is a wish', () => {
  expect(planProcesses(undefined, 199, 8)).toBe(1);
  expect(planProcesses(undefined, 200, 8)).toBe(8);
  expect(planProcesses(3, 0, 8)).toBe(3);
});

test('processes share ports and workers out', () => {
  const settings = parseSettings(
    { NIGEHBAN_RTC_PORTS: '40000-40099', NIGEHBAN_RTC_WORKERS: '6' },
    { hostname: 'n' },
  );
  const plans = planEngines(settings, [{ folder: '/footage' }], [{ ip: '127.0.0.1' }], 3, 4);
  expect(plans.map(({ relay }) => [relay.rtc.minPort, relay.rtc.maxPort, relay.workers])).toEqual([
    [40_000, 40_032, 2],
    [40_033, 40_065, 2],
    [40_066, 40_098, 2],
  ]);
});
