import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DiskLevel, decideDiskLevel, diskMarks, enoughFreeBytes } from './disk-level.ts';

const totalBytes = 1000 << 20;
const marks = diskMarks(totalBytes, 0.1);
const after = (freeMiB: readonly number[]): DiskLevel[] => {
  let level: DiskLevel = 'well';
  return freeMiB.map((free) => {
    level = decideDiskLevel(level, { freeBytes: free << 20, totalBytes }, marks);
    return level;
  });
};

test('a level is entered at its mark and left with a quarter more', () => {
  expect(after([101, 99, 110, 124, 126])).toEqual(['well', 'low', 'low', 'low', 'well']);
  expect(after([9, 11, 13, 49, 63, 200])).toEqual([
    'full',
    'full',
    'critical',
    'critical',
    'low',
    'well',
  ]);
});

test('what deletion stops at is well, whatever the level was before', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e15 }),
      fc.double({ min: 0, max: 0.5 }),
      (total, part) => {
        const of = diskMarks(total, Number.isNaN(part) ? 0 : part);
        const space = { freeBytes: enoughFreeBytes(of), totalBytes: total };
        for (const before of ['well', 'low', 'critical', 'full'] as const) {
          expect(decideDiskLevel(before, space, of)).toBe('well');
        }
      },
    ),
  );
});
