import { expect, test } from 'vitest';
import { holdsInForce } from './export-care.ts';

test('sources of exports are held beside the legal holds, and no hold told is not none', () => {
  const hold = { id: 4, cameraId: 7, fromUs: 10, toUs: 20 };
  const source = { cameraId: 8, fromUs: 30, toUs: 40 };
  expect(holdsInForce([hold], [source])).toEqual([hold, { id: 0, ...source }]);
  expect(holdsInForce([], [])).toEqual([]);
  expect(holdsInForce(undefined, [source])).toBeUndefined();
});
