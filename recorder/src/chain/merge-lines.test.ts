import { expect, test } from 'vitest';
import { hashChainLine } from './chain-line.ts';
import { mergeLines, type NumberedLine } from './merge-lines.ts';

interface Entry {
  readonly sequence: number;
  readonly previousHash: string;
}

function line(root: string, number: number, text: string, entry?: Entry): NumberedLine<Entry> {
  return { root, number, text, entry };
}

function numbered(root: string, sequences: readonly number[]): NumberedLine<Entry>[] {
  return sequences.map((sequence, index) =>
    line(root, index + 1, `entry ${sequence}`, { sequence, previousHash: '' }),
  );
}

test('each line once, whichever volumes have it', () => {
  const { lines, forks } = mergeLines([
    numbered('a', [1, 2, 3, 6, 7]),
    numbered('b', [2, 3, 4, 5, 6]),
    numbered('c', [4, 5, 7, 8]),
  ]);
  expect(lines.map(({ entry }) => entry?.sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(forks).toEqual([]);
});

test('what was put out of order on one volume stays so', () => {
  const { lines } = mergeLines([numbered('a', [1, 3, 2, 4]), numbered('b', [1])]);
  expect(lines.map(({ entry }) => entry?.sequence)).toEqual([1, 3, 2, 4]);
  const single = mergeLines([numbered('a', [3, 1])]);
  expect(single.lines.map(({ entry }) => entry?.sequence)).toEqual([3, 1]);
});

test('unreadable lines are kept, and nothing of another volume is lost to them', () => {
  const bad = line('a', 1, 'rubble');
  const { lines } = mergeLines([[bad, ...numbered('a', [2])], numbered('b', [1, 2])]);
  expect(lines.map(({ text }) => text)).toEqual(['rubble', 'entry 1', 'entry 2']);
});

test('of two lines with one number that which follows is the chain, the other a fork', () => {
  const first = line('a', 1, 'first', { sequence: 1, previousHash: '' });
  const follows = line('b', 1, 'x', { sequence: 2, previousHash: hashChainLine('first') });
  const other = line('a', 2, 'y', { sequence: 2, previousHash: 'f'.repeat(64) });
  const { lines, forks } = mergeLines([[first, other], [follows]]);
  expect(lines).toEqual([first, follows]);
  expect(forks).toEqual([other]);
});
