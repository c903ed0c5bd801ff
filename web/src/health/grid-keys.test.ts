import { expect, test } from 'vitest';
import { type GridPlace, moveInGrid } from './grid-keys.ts';

const size = { rows: 29_000, columns: 11, pageRows: 15, rightToLeft: false };
const walk = (from: GridPlace, keys: readonly string[], rightToLeft = false): GridPlace | null =>
  keys.reduce<GridPlace | null>(
    (place, key) =>
      place === null
        ? null
        : moveInGrid(place, key.replace('Ctrl+', ''), key.startsWith('Ctrl+'), {
            ...size,
            rightToLeft,
          }),
    from,
  );

test('rows: by one, by page, to the ends, never beyond', () => {
  const row = { row: 0, column: -1 };
  expect(walk(row, ['ArrowDown', 'PageDown'])).toEqual({ row: 16, column: -1 });
  expect(walk(row, ['PageDown', 'PageUp', 'PageUp'])).toEqual({ row: 0, column: -1 });
  expect(walk(row, ['End', 'ArrowDown'])).toEqual({ row: 28_999, column: -1 });
  expect(walk(row, ['End', 'Home'])).toEqual(row);
});

test('cells: into the row and out again, ends of the row, and with Ctrl of the list', () => {
  const row = { row: 5, column: -1 };
  expect(walk(row, ['ArrowRight', 'End'])).toEqual({ row: 5, column: 10 });
  expect(walk(row, ['ArrowRight', 'End', 'Home', 'ArrowLeft', 'ArrowLeft'])).toEqual(row);
  expect(walk(row, ['ArrowRight', 'Ctrl+End'])).toEqual({ row: 28_999, column: 0 });
});

test('the heading is above the first row and is entered by its cells', () => {
  expect(walk({ row: 0, column: -1 }, ['ArrowUp', 'ArrowUp'])).toEqual({ row: -1, column: 0 });
  expect(walk({ row: 0, column: -1 }, ['ArrowUp', 'ArrowLeft'])).toEqual({ row: -1, column: 0 });
  expect(walk({ row: 0, column: 3 }, ['ArrowUp', 'ArrowDown'])).toEqual({ row: 0, column: 3 });
});

test('the arrows follow the direction of the language', () => {
  expect(walk({ row: 1, column: -1 }, ['ArrowLeft'], true)).toEqual({ row: 1, column: 0 });
  expect(walk({ row: 1, column: 4 }, ['ArrowRight'], true)).toEqual({ row: 1, column: 3 });
});

test('other keys are not the grid’s', () => {
  expect(moveInGrid({ row: 1, column: 0 }, 'a', false, size)).toBeNull();
});
