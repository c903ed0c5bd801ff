import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type FootagePiece,
  holdsOn,
  type LegalHold,
  planRetention,
  type RetentionInput,
} from './retention.ts';

const nowMs = Date.UTC(2027, 1, 8);
const hourUs = 3_600_000_000;
const dayUs = 24 * hourUs;
const nowUs = nowMs * 1000;

function hoursAgo(hours: number, more: Partial<FootagePiece> = {}): FootagePiece {
  const startUs = nowUs - hours * hourUs;
  return {
    cameraId: 1,
    volume: 'a',
    startUs,
    endUs: startUs + hourUs,
    sizeBytes: 100,
    ...more,
  };
}

const pieces = fc
  .uniqueArray(
    fc.record({
      hours: fc.integer({ min: 1, max: 24 * 20 }),
      cameraId: fc.integer({ min: 1, max: 4 }),
      volume: fc.constantFrom('a', 'b'),
      sizeBytes: fc.integer({ min: 0, max: 1000 }),
    }),
    { maxLength: 60, selector: (piece) => `${piece.cameraId}/${piece.hours}` },
  )
  .map((list) => list.map(({ hours, ...more }) => hoursAgo(hours, more)));

const holds: fc.Arbitrary<LegalHold[]> = fc.array(
  fc
    .record({
      id: fc.nat(),
      cameraId: fc.integer({ min: 1, max: 4 }),
      hours: fc.integer({ min: 0, max: 24 * 20 }),
      length: fc.integer({ min: 0, max: 48 }),
    })
    .map(({ id, cameraId, hours, length }) => {
      const fromUs = nowUs - hours * hourUs;
      return { id, cameraId, fromUs, toUs: fromUs + length * hourUs };
    }),
  { maxLength: 5 },
);

const inputs: fc.Arbitrary<RetentionInput> = fc
  .record({
    pieces,
    holds,
    otherBytes: fc.integer({ min: 0, max: 3000 }),
    policy: fc.record({
      keepDays: fc.option(fc.integer({ min: 1, max: 20 })),
      minimumDays: fc.integer({ min: 0, max: 10 }),
      quotaBytes: fc.option(fc.integer({ min: 0, max: 20_000 })),
      phase: fc.option(
        fc.record({
          kind: fc.constantFrom('poll' as const, 'count' as const),
          sinceUs: fc.integer({ min: 0, max: 24 * 20 }).map((hours) => nowUs - hours * hourUs),
        }),
      ),
    }),
    volumes: fc.tuple(fc.nat(5000), fc.nat(5000), fc.nat(5000)).map(([freeBytes, begin, more]) =>
      ['a', 'b'].map((volume) => ({
        volume,
        freeBytes,
        beginBelowFreeBytes: begin,
        stopAtFreeBytes: begin + more,
      })),
    ),
  })
  .map(({ otherBytes, ...input }) => ({
    ...input,
    footageBytes: otherBytes + input.pieces.reduce((sum, piece) => sum + piece.sizeBytes, 0),
  }));

test('what is held, too young or recorded in the phase is never deleted', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      for (const { piece } of planRetention(input, nowMs)) {
        expect(holdsOn(piece, input.holds)).toEqual([]);
        expect(piece.endUs).toBeLessThanOrEqual(nowUs - input.policy.minimumDays * dayUs);
        const { phase } = input.policy;
        if (phase !== null) expect(piece.endUs).toBeLessThanOrEqual(phase.sinceUs);
      }
    }),
  );
});

test('oldest first, each once, the same for any order of the pieces', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const plan = planRetention(input, nowMs);
      expect(new Set(plan.map(({ piece }) => piece)).size).toBe(plan.length);
      for (const [index, { piece }] of plan.entries()) {
        const before = plan[index - 1]?.piece;
        if (before !== undefined) expect(before.startUs).toBeLessThanOrEqual(piece.startUs);
      }
      const reversed = { ...input, pieces: [...input.pieces].reverse() };
      expect(planRetention(reversed, nowMs)).toEqual(plan);
    }),
  );
});

test('a plan that was carried out leaves nothing to do', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const plan = planRetention(input, nowMs);
      const gone = new Set(plan.map(({ piece }) => piece));
      const freed = (volume?: string) =>
        [...gone]
          .filter((piece) => volume === undefined || piece.volume === volume)
          .reduce((sum, piece) => sum + piece.sizeBytes, 0);
      const rest: RetentionInput = {
        ...input,
        pieces: input.pieces.filter((piece) => !gone.has(piece)),
        footageBytes: input.footageBytes - freed(),
        volumes: input.volumes.map((space) => ({
          ...space,
          freeBytes: space.freeBytes + freed(space.volume),
        })),
      };
      expect(planRetention(rest, nowMs)).toEqual([]);
    }),
  );
});

test('for want of space no more goes than is needed, and all that may when it does not suffice', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const input = { ...given, policy: { ...given.policy, keepDays: null, quotaBytes: null } };
      const plan = planRetention(input, nowMs);
      for (const space of input.volumes) {
        const mine = plan.filter(({ piece }) => piece.volume === space.volume);
        const last = mine.at(-1)?.piece.sizeBytes ?? 0;
        const free = mine.reduce((sum, { piece }) => sum + piece.sizeBytes, space.freeBytes);
        if (mine.length > 0) expect(free - last).toBeLessThan(space.stopAtFreeBytes);
        if (space.freeBytes >= space.beginBelowFreeBytes) expect(mine).toEqual([]);
        else if (free < space.stopAtFreeBytes) {
          const everything = planRetention(
            { ...input, policy: { ...input.policy, quotaBytes: 0 }, footageBytes: 1e12 },
            nowMs,
          ).filter(({ piece }) => piece.volume === space.volume);
          expect(mine.length).toBe(everything.length);
        }
      }
    }),
  );
});

test('each removal says why', () => {
  const input: RetentionInput = {
    pieces: [hoursAgo(24 * 12), hoursAgo(24 * 9), hoursAgo(24 * 8), hoursAgo(24 * 7)],
    footageBytes: 400,
    policy: { keepDays: 10, minimumDays: 2, quotaBytes: 200, phase: null },
    holds: [],
    volumes: [{ volume: 'a', freeBytes: 0, beginBelowFreeBytes: 250, stopAtFreeBytes: 300 }],
  };
  expect(planRetention(input, nowMs).map(({ reason }) => reason)).toEqual([
    'age',
    'quota',
    'space',
  ]);
});
