import fc from 'fast-check';
import { expect, test } from 'vitest';
import { removedBy } from './removal-log.ts';

test('a sequence is removed exactly when a removal covers it', () => {
  const range = fc
    .tuple(fc.integer({ min: 1, max: 60 }), fc.nat(8))
    .map(([fromSequence, more]) => ({ fromSequence, toSequence: fromSequence + more }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 8 }), (removals) => {
      const isRemoved = removedBy(removals);
      for (let sequence = 1; sequence <= 70; sequence++) {
        const covered = removals.some(
          (each) => each.fromSequence <= sequence && sequence <= each.toSequence,
        );
        expect(isRemoved(sequence)).toBe(covered);
      }
    }),
  );
});
