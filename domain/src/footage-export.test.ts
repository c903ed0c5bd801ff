import { expect, test } from 'vitest';
import { planExportedGaps } from './footage-export.ts';

const range = { fromUs: 0, toUs: 100_000_000 };
const piece = (from: number, to: number) => ({ startUs: from * 1e6, endUs: to * 1e6 });
const gaps = (
  recorded: readonly [number, number][],
  told: readonly [number, number, 'disk' | 'restart'][] = [],
) =>
  planExportedGaps(
    range,
    recorded.map(([from, to]) => piece(from, to)),
    told.map(([from, to, cause]) => ({ ...piece(from, to), cause })),
    100_000,
  ).map(({ startUs, endUs, cause }) => [startUs / 1e6, endUs / 1e6, cause]);

test('nothing is missing where pieces follow each other', () => {
  expect(
    gaps([
      [-5, 50],
      [50.05, 120],
    ]),
  ).toEqual([]);
});

test('a hole has the cause that the chain tells; entries of one cause are one gap', () => {
  expect(
    gaps(
      [
        [0, 40],
        [70, 100],
      ],
      [
        [40, 55, 'disk'],
        [55, 70, 'disk'],
      ],
    ),
  ).toEqual([[40, 70, 'disk']]);
  expect(
    gaps(
      [
        [0, 40],
        [70, 100],
      ],
      [
        [40, 55, 'disk'],
        [55, 70, 'restart'],
      ],
    ),
  ).toEqual([
    [40, 55, 'disk'],
    [55, 70, 'restart'],
  ]);
});

test('a hole that no entry explains is told as such, at the edges of the range too', () => {
  expect(
    gaps(
      [
        [10, 40],
        [70, 90],
      ],
      [[45, 60, 'disk']],
    ),
  ).toEqual([
    [0, 10, null],
    [40, 45, null],
    [45, 60, 'disk'],
    [60, 70, null],
    [90, 100, null],
  ]);
  expect(gaps([], [[-10, 200, 'restart']])).toEqual([[0, 100, 'restart']]);
});
