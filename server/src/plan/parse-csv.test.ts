import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCsv, readRecords } from './parse-csv.ts';

const quote = (field: string) => `"${field.replaceAll('"', '""')}"`;

test('whatever is written quoted is read back', () => {
  const table = fc.array(fc.array(fc.string({ unit: 'binary' }), { minLength: 2, maxLength: 5 }), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(table, fc.constantFrom('\n', '\r\n'), (rows, lineEnd) => {
      const text = rows.map((row) => row.map(quote).join(',')).join(lineEnd);
      expect(parseCsv(text).map((row) => row.fields)).toEqual(rows);
    }),
  );
});

test('lines are counted through quoted line ends; empty lines and the byte-order mark are skipped', () => {
  expect(parseCsv('\uFEFFa,b\r\n\r\n"x\ny",\n,z')).toEqual([
    { line: 1, fields: ['a', 'b'] },
    { line: 3, fields: ['x\ny', ''] },
    { line: 5, fields: ['', 'z'] },
  ]);
});

test.each(['a,"b', 'a,b"c', '"a"b,c'])('%j is refused with its line', (text) => {
  expect(() => parseCsv(`ok,ok\n${text}`)).toThrow(
    expect.objectContaining({ code: 'PLAN_INVALID', message: expect.stringContaining('Line 2') }),
  );
});

test('records go by the names of the header; missing columns are all named', () => {
  expect(readRecords(' A ,b\n1', ['a', 'b'])).toEqual([{ line: 2, values: { a: '1', b: '' } }]);
  expect(() => readRecords('a\n1', ['a', 'b', 'c'])).toThrow('The header lacks b, c');
  expect(() => readRecords('', ['a'])).toThrow('The header lacks a');
});
