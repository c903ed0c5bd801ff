import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RtpContinuity, RtpSequencer } from './rtp-continuity.ts';

const frameTicks = 6000;
const frameUs = 66_667;

function play(
  continuity: RtpContinuity,
  from: { sequence: number; timestamp: number; ssrc?: number; arrivalUs: number },
  frames: number,
) {
  return Array.from({ length: frames }, (_, index) =>
    continuity.follow(
      (from.sequence + index) & 0xffff,
      (from.timestamp + index * frameTicks) >>> 0,
      from.ssrc ?? 1,
      from.arrivalUs + index * frameUs,
    ),
  );
}

test('within a session timestamps pass as they are, over both wraps', () => {
  const outgoing = play(
    new RtpContinuity(90_000),
    { sequence: 65_530, timestamp: 0xffff_ffff - 2 * frameTicks, arrivalUs: 1e9 },
    20,
  );
  expect(outgoing).toEqual(
    outgoing.map((_, index) => ({
      kind: 'next',
      missing: 0,
      timestamp: (0xffff_ffff - 2 * frameTicks + index * frameTicks) >>> 0,
    })),
  );
});

test('losses are told, duplicates and late packets are not forwarded', () => {
  const continuity = new RtpContinuity(90_000);
  const follow = (sequence: number) => continuity.follow(sequence, 9000, 1, 1000);
  expect(follow(10)).toMatchObject({ kind: 'next', missing: 0 });
  expect(follow(13)).toMatchObject({ kind: 'next', missing: 2 });
  expect(follow(12)).toEqual({ kind: 'late' });
  expect(follow(13)).toEqual({ kind: 'late' });
  expect(follow(14)).toMatchObject({ kind: 'next', missing: 0 });
});

test('a new session goes on from the last timestamp by the time that passed', () => {
  const continuity = new RtpContinuity(90_000);
  play(continuity, { sequence: 1, timestamp: 500_000, arrivalUs: 1e9 }, 1);
  continuity.startSession();
  const [next] = play(
    continuity,
    { sequence: 40_000, timestamp: 7, ssrc: 2, arrivalUs: 1e9 + 2_000_000 },
    1,
  );
  expect(next).toEqual({ kind: 'next', missing: 0, timestamp: 500_000 + 180_000 });
});

test('a timestamp jump within a session does not reach viewers', () => {
  const continuity = new RtpContinuity(90_000);
  play(continuity, { sequence: 1, timestamp: 1000, arrivalUs: 1e9 }, 1);
  const jumped = continuity.follow(2, 1000 + 90_000 * 3600, 1, 1e9 + frameUs);
  expect(jumped).toEqual({ kind: 'next', missing: 0, timestamp: 1000 + frameTicks });
  const after = continuity.follow(3, 1000 + 90_000 * 3600 + frameTicks, 1, 1e9 + 2 * frameUs);
  expect(after).toEqual({ kind: 'next', missing: 0, timestamp: 1000 + 2 * frameTicks });
});

test('a camera that starts its numbering anew under the same SSRC is followed', () => {
  const continuity = new RtpContinuity(90_000);
  play(continuity, { sequence: 30_000, timestamp: 1000, arrivalUs: 1e9 }, 1);
  expect(continuity.follow(2, 1000 + frameTicks, 1, 1e9 + frameUs)).toMatchObject({
    kind: 'next',
    missing: 0,
  });
});

test('whatever a camera sends, outgoing timestamps follow the arrival clock within the allowed step', () => {
  const packet = fc.record({
    sequence: fc.integer({ min: 0, max: 65_535 }),
    timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
    ssrc: fc.integer({ min: 1, max: 3 }),
    gapUs: fc.integer({ min: 0, max: 5_000_000 }),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 60 }), (packets) => {
      const continuity = new RtpContinuity(90_000);
      let arrivalUs = 0;
      let last: { timestamp: number; arrivalUs: number } | undefined;
      for (const { sequence, timestamp, ssrc, gapUs } of packets) {
        arrivalUs += gapUs;
        const next = continuity.follow(sequence, timestamp, ssrc, arrivalUs);
        if (next.kind === 'late') continue;
        if (last !== undefined) {
          const stepMs = ((next.timestamp - last.timestamp) | 0) / 90;
          const passedMs = (arrivalUs - last.arrivalUs) / 1000;
          expect(Math.abs(stepMs - passedMs)).toBeLessThanOrEqual(10_001);
        }
        last = { timestamp: next.timestamp, arrivalUs };
      }
    }),
  );
});

test('the sequencer leaves out numbers for losses alone', () => {
  const sequencer = new RtpSequencer(65_534);
  const numbers = [0, 0, 3, 0].map((missing) => {
    const packet = Buffer.alloc(12);
    sequencer.number(packet, missing);
    return packet.readUInt16BE(2);
  });
  expect(numbers).toEqual([65_534, 65_535, 3, 4]);
});
