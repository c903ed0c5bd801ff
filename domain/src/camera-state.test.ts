import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CameraEffect,
  type CameraObservation,
  type CameraState,
  type CameraStateKind,
  initialCameraState,
  isDown,
  type ProbeOutcome,
  defaultCameraStatePolicy as policy,
} from './camera-state.ts';
import { decideCameraState } from './camera-state-decision.ts';
import type { FaultCode } from './faults.ts';

const t0 = 1_000_000;

interface Step {
  readonly atMs: number;
  readonly observation: CameraObservation;
}

function run(steps: readonly Step[], from: CameraState = initialCameraState(t0)) {
  let state = from;
  const effects: CameraEffect[] = [];
  for (const { atMs, observation } of steps) {
    const decision = decideCameraState(state, observation, atMs);
    state = decision.state;
    effects.push(...decision.effects);
  }
  return { state, effects };
}

const flowing = (atMs: number): Step => ({ atMs, observation: { kind: 'frames-flowing' } });
const stopped = (atMs: number, fault: FaultCode | null = 'CAMERA_SILENT'): Step => ({
  atMs,
  observation: { kind: 'frames-stopped', lastFrameMs: atMs - 5_000, fault, evidence: 'seen' },
});
const tick = (atMs: number): Step => ({ atMs, observation: { kind: 'tick' } });
const probed = (atMs: number, askedAtMs: number, outcome: ProbeOutcome): Step => ({
  atMs,
  observation: { kind: 'probe-answered', askedAtMs, outcome },
});
const unreachable: ProbeOutcome = {
  kind: 'unreachable',
  fault: 'CAMERA_UNREACHABLE',
  evidence: 'no route',
};

test('an unplugged camera: suspected and probed, unreachable, back after the settling time', () => {
  const suspected = run([flowing(t0), stopped(t0 + 9_000)]);
  expect(suspected.state.kind).toBe('SUSPECTED');
  expect(suspected.effects.at(-1)).toEqual({ kind: 'probe' });
  const down = run([probed(t0 + 10_000, t0 + 9_000, unreachable)], suspected.state);
  expect(down.state).toMatchObject({
    kind: 'UNREACHABLE',
    sinceMs: t0 + 10_000,
    fault: 'CAMERA_UNREACHABLE',
    evidence: 'no route',
  });
  const early = run([flowing(t0 + 20_000), tick(t0 + 22_999)], down.state);
  expect(early.state.kind).toBe('UNREACHABLE');
  const back = run([tick(t0 + 23_000)], early.state);
  expect(back.state).toMatchObject({ kind: 'ONLINE', fault: null, evidence: null });
  expect(back.effects).toEqual([{ kind: 'changed', from: 'UNREACHABLE', to: 'ONLINE' }]);
});

test('frames that come back during the suspicion end it without an outage', () => {
  const { effects } = run([flowing(t0), stopped(t0 + 9_000), flowing(t0 + 9_500)]);
  expect(effects.flatMap((e) => (e.kind === 'changed' ? [e.to] : []))).toEqual([
    'ONLINE',
    'SUSPECTED',
    'ONLINE',
  ]);
});

test.each([
  ['CAMERA_SILENT', 'SILENT', 'SILENT'],
  [null, 'SILENT', 'SILENT'],
  ['CAMERA_UNREACHABLE', 'UNREACHABLE', 'SILENT'],
  ['CAMERA_TIMEOUT', 'UNREACHABLE', 'SILENT'],
  ['CAMERA_AUTH_REFUSED', 'REFUSED', 'REFUSED'],
  ['CAMERA_SESSIONS_EXHAUSTED', 'FAILED', 'FAILED'],
  ['CAMERA_STREAM_INVALID', 'FAILED', 'FAILED'],
  ['CAMERA_ANSWER_INVALID', 'FAILED', 'FAILED'],
] as const)(
  'stream fault %s: %s without a probe, %s when the camera answers ONVIF',
  (fault, alone, answering) => {
    const suspected = run([flowing(t0), stopped(t0 + 9_000, fault)]).state;
    const waiting = run([tick(t0 + 9_000 + policy.probeTimeoutMs - 1)], suspected).state;
    expect(waiting.kind).toBe('SUSPECTED');
    expect(run([tick(t0 + 9_000 + policy.probeTimeoutMs)], suspected).state.kind).toBe(alone);
    const answer = probed(t0 + 9_100, t0 + 9_000, { kind: 'answers' });
    expect(run([answer], suspected).state.kind).toBe(answering);
  },
);

test('a verdict can change with the next probe: an old cause does not stick', () => {
  const refused = run([
    flowing(t0),
    stopped(t0 + 9_000),
    probed(t0 + 9_100, t0 + 9_000, {
      kind: 'refused',
      fault: 'CAMERA_AUTH_REFUSED',
      evidence: '401',
    }),
  ]).state;
  expect(refused.kind).toBe('REFUSED');
  const again = run([tick(t0 + 9_100 + policy.reprobeAfterMs)], refused);
  expect(again.effects).toEqual([{ kind: 'probe' }]);
  const askedAtMs = t0 + 9_100 + policy.reprobeAfterMs;
  const settled = run([probed(askedAtMs + 50, askedAtMs, { kind: 'answers' })], again.state).state;
  expect(settled).toMatchObject({ kind: 'SILENT', fault: 'CAMERA_SILENT' });
});

test('an answer of an earlier outage says nothing about this one', () => {
  const { state } = run([
    flowing(t0),
    stopped(t0 + 9_000),
    flowing(t0 + 9_500),
    stopped(t0 + 20_000),
    probed(t0 + 20_100, t0 + 9_000, unreachable),
  ]);
  expect(state.kind).toBe('SUSPECTED');
});

test('a late answer of this outage corrects the verdict that was reached without it', () => {
  const { state } = run([
    flowing(t0),
    stopped(t0 + 9_000),
    tick(t0 + 9_000 + policy.probeTimeoutMs),
    probed(t0 + 17_000, t0 + 9_000, unreachable),
  ]);
  expect(state.kind).toBe('UNREACHABLE');
});

const outcome: fc.Arbitrary<ProbeOutcome> = fc.constantFrom<ProbeOutcome>(
  { kind: 'answers' },
  unreachable,
  { kind: 'refused', fault: 'CAMERA_AUTH_REFUSED', evidence: 'x' },
  { kind: 'failed', fault: 'CAMERA_ANSWER_INVALID', evidence: 'x' },
);
const history: fc.Arbitrary<Step[]> = fc
  .array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 12_000 }),
      observation: fc.oneof(
        fc.constant<CameraObservation>({ kind: 'frames-flowing' }),
        fc.constant<CameraObservation>({ kind: 'tick' }),
        fc.constantFrom<FaultCode | null>('CAMERA_SILENT', 'CAMERA_UNREACHABLE', null).map(
          (fault): CameraObservation => ({
            kind: 'frames-stopped',
            lastFrameMs: null,
            fault,
            evidence: null,
          }),
        ),
        fc.record({
          kind: fc.constant('probe-answered' as const),
          askedAtMs: fc.integer({ min: t0, max: t0 + 200_000 }),
          outcome,
        }),
      ),
    }),
    { maxLength: 40 },
  )
  .map((steps) => {
    let atMs = t0;
    return steps.map(({ afterMs, observation }) => {
      atMs += afterMs;
      return { atMs, observation };
    });
  });

test('whatever happens: transitions chain, ONLINE means frames, down means none was proven well', () => {
  fc.assert(
    fc.property(history, (steps) => {
      let state = initialCameraState(t0);
      let kind: CameraStateKind = 'UNKNOWN';
      for (const { atMs, observation } of steps) {
        const { state: next, effects } = decideCameraState(state, observation, atMs);
        const changes = effects.filter((e) => e.kind === 'changed');
        for (const change of changes) {
          expect(change.from).toBe(kind);
          expect(change.to).not.toBe(change.from);
          kind = change.to;
        }
        expect(next.kind).toBe(kind);
        expect(effects.filter((e) => e.kind === 'probe').length).toBeLessThanOrEqual(1);
        if (changes.length > 0) expect(next.sinceMs).toBe(atMs);
        else expect(next.sinceMs).toBe(state.sinceMs);
        if (next.kind === 'ONLINE') {
          expect(next).toMatchObject({ fault: null, evidence: null, stoppedAtMs: null });
          expect(next.flowingSinceMs).not.toBeNull();
        }
        if (isDown(next.kind)) expect(next.fault).not.toBeNull();
        expect(next.flowingSinceMs !== null && next.stoppedAtMs !== null).toBe(false);
        state = next;
      }
    }),
  );
});

test('delivered twice is delivered once: same state, no further effect', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const once = run(steps);
      const twice = run(steps.flatMap((step) => [step, step]));
      expect(twice.state).toEqual(once.state);
      expect(twice.effects).toEqual(once.effects);
    }),
  );
});

test('any history ends well when frames flow for the settling time, and down when they do not', () => {
  fc.assert(
    fc.property(history, fc.boolean(), (steps, well) => {
      const endMs = (steps.at(-1)?.atMs ?? t0) + 1;
      const last = well
        ? [
            flowing(endMs),
            tick(endMs + policy.recoverAfterMs),
            // One that came and went too often has to be calm first.
            tick(endMs + policy.recoverAfterMs + policy.flap.calmMs),
            tick(endMs + policy.recoverAfterMs + policy.flap.calmMs + policy.health.leaveAfterMs),
          ]
        : [stopped(endMs), tick(endMs + policy.probeTimeoutMs)];
      const { state } = run([...steps, ...last]);
      if (well) expect(state.kind).toBe('ONLINE');
      else expect(isDown(state.kind)).toBe(true);
    }),
  );
});

test('a camera that was down and flaps faster than the settling time never counts as back', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.integer({ min: 0, max: policy.recoverAfterMs - 1 }),
          fc.integer({ min: 0, max: 60_000 }),
        ),
        { maxLength: 30 },
      ),
      (bursts) => {
        let atMs = t0 + 9_000;
        let { state } = run([flowing(t0), stopped(atMs), probed(atMs, atMs, unreachable)]);
        for (const [flowsForMs, pauseMs] of bursts) {
          const startMs = atMs + pauseMs;
          atMs = startMs + flowsForMs;
          const step = run([tick(startMs), flowing(startMs), tick(atMs), stopped(atMs)], state);
          expect(step.effects.some((e) => e.kind === 'changed')).toBe(false);
          state = step.state;
        }
      },
    ),
  );
});
