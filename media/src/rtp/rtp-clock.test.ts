import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RtpClock } from './rtp-clock.ts';

const RATE = 90_000;
const START_US = 1_790_000_000_000_000;
const FRAME_US = 40_000;

/** A camera: its capture times, RTP clock and delay are known, so the mapping can be judged. */
class Camera {
  readonly firstTicks: number;
  readonly ppm: number;

  constructor(firstTicks = 0xffff_f000, ppm = 0) {
    this.firstTicks = firstTicks;
    this.ppm = ppm;
  }

  timestamp(capturedUs: number): number {
    const elapsedUs = (capturedUs - START_US) * (1 + this.ppm / 1_000_000);
    return (this.firstTicks + Math.round((elapsedUs * RATE) / 1_000_000)) % 0x1_0000_0000;
  }
}

function run(
  clock: RtpClock,
  camera: Camera,
  frames: number,
  delayUs: (frame: number) => number,
): number {
  let worstUs = 0;
  for (let frame = 0; frame < frames; frame++) {
    const capturedUs = START_US + frame * FRAME_US;
    const timestamp = camera.timestamp(capturedUs);
    clock.observe(timestamp, capturedUs + delayUs(frame));
    if (frame > 100) {
      worstUs = Math.max(worstUs, Math.abs((clock.wallUs(timestamp) ?? 0) - capturedUs));
    }
  }
  return worstUs;
}

test('jitter drops out: the mapping keeps to the shortest delay, over a timestamp wrap', () => {
  const clock = new RtpClock(RATE);
  let seed = 1;
  const worstUs = run(clock, new Camera(), 5000, () => {
    seed = (seed * 48_271) % 0x7fff_ffff;
    return 1000 + (seed % 200_000);
  });
  expect(worstUs).toBeLessThan(12_000);
});

test('follows a camera whose clock is 200 ppm slow or fast for an hour', () => {
  for (const ppm of [-200, 200]) {
    const clock = new RtpClock(RATE);
    const worstUs = run(clock, new Camera(0, ppm), 90_000, (frame) => 2000 + (frame % 7) * 3000);
    expect(worstUs).toBeLessThan(12_000);
    expect(clock.driftPpm).toBeCloseTo(-ppm, -2);
  }
});

test('a burst of old pictures at the start is put right once live pictures come', () => {
  const clock = new RtpClock(RATE);
  const camera = new Camera(500);
  const first = camera.timestamp(START_US);
  // Two seconds of buffered pictures arrive at once, then live ones.
  for (let frame = 0; frame <= 50; frame++) {
    clock.observe(camera.timestamp(START_US + frame * FRAME_US), START_US + 2_000_000);
  }
  expect(clock.wallUs(first)).toBe(START_US);
});

test('tells a clock jump from an outage', () => {
  const clock = new RtpClock(RATE);
  const camera = new Camera(1000);
  run(clock, camera, 200, () => 5000);
  const nowUs = START_US + 200 * FRAME_US;
  const outageUs = nowUs + 60_000_000;
  expect(clock.observe(camera.timestamp(outageUs), outageUs + 5000)).toBe('outage');
  expect(clock.wallUs(camera.timestamp(outageUs))).toBe(outageUs + 5000);

  const forward = camera.timestamp(outageUs + 3_600_000_000);
  expect(clock.observe(forward, outageUs + 45_000)).toBe('jump');
  expect(clock.wallUs(forward)).toBe(outageUs + 45_000);

  const back = camera.timestamp(outageUs);
  expect(clock.observe(back, outageUs + 85_000)).toBe('jump');
  expect(clock.wallUs(back)).toBe(outageUs + 85_000);
});

test('a jump of five seconds, well inside the step limit, is still a jump', () => {
  const clock = new RtpClock(RATE);
  const camera = new Camera(1000);
  run(clock, camera, 200, () => 5000);
  const capturedUs = START_US + 200 * FRAME_US;
  expect(clock.observe(camera.timestamp(capturedUs + 5_000_000), capturedUs + 5000)).toBe('jump');
});

test('a network stall with a burst after it moves nothing', () => {
  const clock = new RtpClock(RATE);
  const camera = new Camera(7);
  const steps = new Set<string>();
  for (let frame = 0; frame < 1000; frame++) {
    const capturedUs = START_US + frame * FRAME_US;
    // Frames 300 to 499 all arrive when the stall ends.
    const releasedUs = frame >= 300 && frame < 500 ? START_US + 500 * FRAME_US : capturedUs;
    const step = clock.observe(camera.timestamp(capturedUs), releasedUs + 3000);
    if (frame > 0) steps.add(step);
    const wallUs = clock.wallUs(camera.timestamp(capturedUs)) ?? 0;
    expect(Math.abs(wallUs - capturedUs - 3000)).toBeLessThan(100);
  }
  expect([...steps]).toEqual(['continuous']);
});

test('a stream that begins held up and catches up later is put right without a jump', () => {
  const clock = new RtpClock(RATE);
  const camera = new Camera(7);
  const steps = new Set<string>();
  for (let frame = 0; frame < 1000; frame++) {
    const capturedUs = START_US + frame * FRAME_US;
    // Four seconds behind for twenty seconds, then twice as fast until it is live.
    const behindUs = Math.max(0, 4_000_000 - Math.max(0, frame - 500) * (FRAME_US / 2));
    const step = clock.observe(camera.timestamp(capturedUs), capturedUs + behindUs + 3000);
    if (frame > 0) steps.add(step);
  }
  expect([...steps]).toEqual(['continuous']);
  const lastUs = START_US + 999 * FRAME_US;
  expect(clock.wallUs(camera.timestamp(lastUs))).toBe(lastUs + 3000);
});

test('a stopped RTP clock is a jump once the arrivals have run away', () => {
  const clock = new RtpClock(RATE);
  const steps: string[] = [];
  for (let frame = 0; frame < 600; frame++) {
    steps.push(clock.observe(12_345, START_US + frame * FRAME_US));
  }
  expect(steps.filter((step) => step === 'jump').length).toBeGreaterThan(0);
  expect(steps.filter((step) => step === 'jump').length).toBeLessThan(5);
});

test('reordered pictures (B-frames) are continuous and keep their own times', () => {
  const clock = new RtpClock(RATE);
  const order = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8];
  order.forEach((picture, index) => {
    const step = clock.observe(picture * 3600, START_US + index * FRAME_US);
    expect(step).toBe(index === 0 ? 'first' : 'continuous');
  });
  expect((clock.wallUs(9 * 3600) ?? 0) - (clock.wallUs(7 * 3600) ?? 0)).toBe(2 * FRAME_US);
});

test('a camera an hour ahead: its own time stands beside the node’s, which it does not move', () => {
  const clock = new RtpClock(RATE);
  const camera = new Camera(0);
  clock.observeReport({ ssrc: 1, ntpUs: START_US + 1, rtpTimestamp: 0, arrivalUs: START_US });
  run(clock, camera, 200, () => 4000);
  expect(clock.cameraUs(0)).toBe(START_US + 1);
  const atUs = START_US + 199 * FRAME_US;
  clock.observeReport({
    ssrc: 1,
    ntpUs: atUs + 3_600_000_000,
    rtpTimestamp: camera.timestamp(atUs),
    arrivalUs: atUs + 150_000,
  });
  expect(clock.wallUs(camera.timestamp(atUs))).toBe(atUs + 4000);
  expect(clock.cameraOffsetUs).toBe(3_600_000_000 - 4000);
  expect(clock.cameraUs(camera.timestamp(atUs + FRAME_US))).toBe(atUs + FRAME_US + 3_600_000_000);
});

test('any honest stream stays within its jitter of the truth and never jumps', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xffff_ffff }),
      fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 200, maxLength: 400 }),
      (firstTicks, delays) => {
        const clock = new RtpClock(RATE);
        const camera = new Camera(firstTicks);
        let arrivalUs = 0;
        delays.forEach((delayUs, frame) => {
          const capturedUs = START_US + frame * FRAME_US;
          // TCP keeps the order.
          arrivalUs = Math.max(arrivalUs, capturedUs + delayUs);
          const step = clock.observe(camera.timestamp(capturedUs), arrivalUs);
          expect(step).toBe(frame === 0 ? 'first' : 'continuous');
          const wallUs = clock.wallUs(camera.timestamp(capturedUs)) ?? 0;
          expect(wallUs - capturedUs).toBeGreaterThanOrEqual(-50);
          expect(wallUs - capturedUs).toBeLessThanOrEqual(300_050);
        });
      },
    ),
    { numRuns: 50 },
  );
});
