import { expect, test } from 'vitest';
import { parsePlan } from './parse-plan.ts';
import { planFound, unplannedDistrict } from './plan-found.ts';

const camera = (number: number) => ({
  address: `192.0.2.${number}`,
  onvifPort: 80,
  serial: `S,"${number}`,
  mac: null,
});

test('found cameras become rows that the plan parser takes, numbered after those there are', () => {
  const nameless = { address: '192.0.2.9', onvifPort: 80, serial: null, mac: null };
  const text = planFound([camera(1), nameless, camera(2)], 49, { username: 'u', password: 'p,"' });
  const plan = parsePlan(text, new Set([unplannedDistrict.code]));
  expect(plan.errors).toEqual([]);
  expect(plan.cameras.map(({ code, serial, password }) => [code, serial, password])).toEqual([
    ['GE24-NA999-PS001-C50', 'S,"1', 'p,"'],
    ['GE24-NA999-PS002-C1', 'S,"2', 'p,"'],
  ]);
});
