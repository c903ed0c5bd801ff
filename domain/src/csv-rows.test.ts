import { expect, test } from 'vitest';
import { formatCsv } from './csv-rows.ts';

test('quotes what would be read otherwise, and nothing else', () => {
  expect(
    formatCsv([
      ['a', 1, null],
      ['b,c', 'say "no"', 'two\nlines'],
    ]),
  ).toBe('a,1,\r\n"b,c","say ""no""","two\nlines"');
});
