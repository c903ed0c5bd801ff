import type { PhaseEntry } from '@nigehban/domain/election-phase.ts';
import { expect, test } from 'vitest';
import {
  addRow,
  electionBodyOf,
  electionDraftOf,
  entriesOf,
  problemsOf,
  rowsOf,
  wrongRows,
} from './phase-draft.ts';

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

test('an election goes back as it came; a new one wants a name and a place', () => {
  const known = { id: 7, version: 2, name: 'NA-81', nameUr: '', districtCodes: ['LHR'], entries };
  const { id: _, version: __, ...body } = known;
  expect(electionBodyOf(electionDraftOf(known))).toEqual({
    ...body,
    entries: [entries[2], entries[0], entries[1]],
  });
  const fresh = electionDraftOf(null);
  expect(problemsOf(fresh)).toMatchObject({ unnamed: true, nowhere: true });
  expect(electionBodyOf({ ...fresh, name: ' By-election ', everywhere: true })).toEqual({
    ...{ name: 'By-election', nameUr: '', districtCodes: null, entries: [] },
  });
});

test('an entry of a district that the election left is named', () => {
  const draft = electionDraftOf({
    ...{ id: 7, version: 2, name: 'NA-81', nameUr: '', districtCodes: ['LHR', 'MUL'], entries },
  });
  const moved = { ...draft, districtCodes: ['MUL'] };
  expect(problemsOf(moved).rows.outside).toEqual(new Set([2]));
  expect(electionBodyOf(moved)).toBeNull();
  expect(problemsOf({ ...moved, everywhere: true }).rows.outside).toEqual(new Set());
});
