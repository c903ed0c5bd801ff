import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Coverage, type GapPiece } from './coverage.ts';

const causes = ['unreachable', 'refused', 'silent', 'failed'] as const;

test('segments and gaps never overlap and leave less than the smallest gap uncovered', () => {
  const step = fc.record({
    afterUs: fc.integer({ min: 0, max: 400_000_000 }),
    act: fc.constantFrom('start', 'end', 'cause', 'tick'),
    cause: fc.constantFrom(...causes),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const coverage = new Coverage(0, 'restart');
      const covered: { startUs: number; endUs: number }[] = [];
      let nowUs = 0;
      let segmentStartUs = 0;
      const take = (piece: GapPiece | undefined) => {
        if (piece !== undefined) covered.push(piece);
      };
      for (const { afterUs, act, cause } of steps) {
        nowUs += afterUs;
        if (act === 'start' && !coverage.recording) {
          segmentStartUs = Math.max(nowUs, coverage.coveredUntilUs);
          take(coverage.segmentStarts(segmentStartUs));
        } else if (act === 'end' && coverage.recording) {
          covered.push({ startUs: segmentStartUs, endUs: nowUs });
          coverage.segmentEnds(nowUs, cause);
        } else if (act === 'cause') {
          take(coverage.causeIs(cause, nowUs));
        } else if (act === 'tick') {
          take(coverage.tick(nowUs, 60_000_000));
        }
      }
      if (coverage.recording) covered.push({ startUs: segmentStartUs, endUs: nowUs });
      else take(coverage.end(nowUs));
      let untilUs = 0;
      for (const piece of covered) {
        expect(piece.startUs).toBeGreaterThanOrEqual(untilUs);
        expect(piece.startUs - untilUs).toBeLessThan(100_000);
        untilUs = piece.endUs;
      }
      expect(nowUs - untilUs).toBeLessThan(100_000);
    }),
  );
});

test('an early second verdict refines the first, a late one follows it', () => {
  const early = new Coverage(0, 'restart');
  early.segmentStarts(0);
  early.segmentEnds(10_000_000, 'silent');
  expect(early.causeIs('unreachable', 17_000_000)).toBeUndefined();
  expect(early.segmentStarts(60_000_000)).toEqual({
    startUs: 10_000_000,
    endUs: 60_000_000,
    cause: 'unreachable',
  });

  const late = new Coverage(0, 'unreachable');
  expect(late.causeIs('refused', 40_000_000)).toMatchObject({ cause: 'unreachable' });
  expect(late.segmentStarts(60_000_000)).toMatchObject({ cause: 'refused', startUs: 40_000_000 });
});
