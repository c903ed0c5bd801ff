import type { PhaseEntry } from '@nigehban/domain/election-phase.ts';
import { expect, test } from 'vitest';
import { addRow, entriesOf, rowsOf, wrongRows } from './phase-draft.ts';

const at = (text: string): number => Date.parse(`${text}:00+05:00`);
const entries: readonly PhaseEntry[] = [
  { districtCode: null, phase: 'poll', startsAtMs: at('2024-02-08T08:00') },
  { districtCode: 'LHR', phase: 'count', startsAtMs: at('2024-02-08T18:00') },
  { districtCode: null, phase: 'eve', startsAtMs: at('2024-02-07T12:00') },
];

test('entries stand in order of time and go back as they came', () => {
  const rows = rowsOf(entries);
  expect(rows.map((row) => row.startsAt)).toEqual([
    '2024-02-07T12:00',
    '2024-02-08T08:00',
    '2024-02-08T18:00',
  ]);
  expect(entriesOf(rows)).toEqual([entries[2], entries[0], entries[1]]);
});

test('a further row goes on with the next phase of the same district and wants a time', () => {
  const rows = addRow(rowsOf(entries));
  expect(rows.at(-1)).toEqual({ id: 3, districtCode: 'LHR', phase: 'custody', startsAt: '' });
  expect(wrongRows(rows).untimed).toEqual(new Set([3]));
  expect(entriesOf(rows)).toBeNull();
  expect(addRow([]).at(0)).toMatchObject({ id: 0, districtCode: '', phase: 'install' });
});

test('two phases of one district cannot begin at once; of two districts they can', () => {
  const [first] = rowsOf(entries);
  if (first === undefined) throw new Error('no row');
  expect(wrongRows([first, { ...first, id: 9 }]).doubled).toEqual(new Set([9]));
  expect(wrongRows([first, { ...first, id: 9, districtCode: 'MUL' }]).doubled).toEqual(new Set());
});
