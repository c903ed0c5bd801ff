import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { expect, test } from 'vitest';
import { accountTime } from './time-account.ts';

const gap = (startUs: number, endUs: number): ChainEntry => ({
  kind: 'gap',
  cause: 'silent',
  sequence: 1,
  cameraId: 1,
  startUs,
  endUs,
  previousHash: '',
});

test('a chain without holes is off by nothing but its ends', () => {
  const account = accountTime();
  for (const entry of [gap(5, 10), gap(10, 30)]) account.add(entry);
  expect(account.offUs(1, 3, 31)).toBe(3);
});

test('holes and overlaps count, and a camera without entries is never well', () => {
  const account = accountTime();
  for (const entry of [gap(0, 10), gap(12, 20), gap(19, 30)]) account.add(entry);
  expect(account.offUs(1, 0, 30)).toBe(3);
  expect(account.offUs(2, 0, 30)).toBe(Number.POSITIVE_INFINITY);
});
