import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StreamMeasure } from './camera-health.ts';
import {
  type CameraEffect,
  type CameraObservation,
  type CameraState,
  type CameraStateKind,
  detailToStore,
  type FailedOutcome,
  initialCameraState,
  isDown,
  defaultCameraStatePolicy as policy,
  restoreCameraState,
} from './camera-state.ts';
import { decideCameraState } from './camera-state-decision.ts';
import { cameraEventKinds, viewVerdicts } from './watch-orders.ts';

const t0 = 10_000_000;

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
  const path = effects.flatMap((effect) => (effect.kind === 'changed' ? [effect.to] : []));
  return { state, effects, path };
}

const unreachable: FailedOutcome = {
  kind: 'unreachable',
  fault: 'CAMERA_UNREACHABLE',
  evidence: 'no route',
};
const refused: FailedOutcome = { kind: 'refused', fault: 'CAMERA_AUTH_REFUSED', evidence: '401' };

const step = (atMs: number, observation: CameraObservation): Step => ({ atMs, observation });
const flowing = (atMs: number) => step(atMs, { kind: 'frames-flowing' });
const stopped = (atMs: number) =>
  step(atMs, { kind: 'frames-stopped', lastFrameMs: null, fault: 'CAMERA_SILENT', evidence: null });
const tick = (atMs: number) => step(atMs, { kind: 'tick' });
const swept = (atMs: number, lost: FailedOutcome | null, registered = true) =>
  step(atMs, { kind: 'swept', atMs, lost, registered, clockOffsetMs: null });
const judged = (atMs: number, verdict: (typeof viewVerdicts)[number], toldMs = atMs) =>
  step(atMs, { kind: 'view-judged', atMs: toldMs, verdict, evidence: `is ${verdict}` });
const event = (atMs: number, kind: (typeof cameraEventKinds)[number], active: boolean) =>
  step(atMs, { kind: 'camera-event', atMs, event: kind, active, evidence: `${kind} told` });
const well: StreamMeasure = {
  frameRateFps: 15,
  expectedFrameRateFps: 15,
  keyFrameIntervalMs: 2_000,
  lossShare: 0,
  bitrateKbps: 512,
  clockOffsetMs: 10,
  recorded: true,
  queuedForMs: 0,
  codecDiffers: null,
  resolutionDiffers: null,
};
const measured = (atMs: number, measure: Partial<StreamMeasure> = {}) =>
  step(atMs, { kind: 'stream-measured', measure: { ...well, ...measure } });
/** Counters come every ten seconds. */
const measuredFor = (fromMs: number, forMs: number, measure: Partial<StreamMeasure> = {}) =>
  Array.from({ length: Math.floor(forMs / 10_000) + 1 }, (_, index) =>
    measured(fromMs + index * 10_000, measure),
  );

test.each([
  [unreachable, 'UNREACHABLE'],
  [refused, 'REFUSED'],
  [{ kind: 'failed', fault: 'CAMERA_ANSWER_INVALID', evidence: 'html' }, 'FAILED'],
] as const)(
  'a never-reached camera that the sweep lost (%j) is %s, and known no more when it answers',
  (lost, kind) => {
    const gone = run([swept(t0 + 1_000, lost, false)]);
    expect(gone.state).toMatchObject({ kind, fault: lost.fault, evidence: lost.evidence });
    expect(gone.effects).toEqual([{ kind: 'changed', from: 'UNKNOWN', to: kind }]);
    expect(run([swept(t0 + 9_000, null, false)], gone.state).state.kind).toBe('UNKNOWN');
  },
);

test('a registered camera without a stream lives by the sweep alone', () => {
  const { path, state } = run([
    swept(t0, null),
    swept(t0 + 60_000, unreachable),
    tick(t0 + 300_000),
    swept(t0 + 400_000, null),
  ]);
  expect(path).toEqual(['ONLINE', 'UNREACHABLE', 'ONLINE']);
  expect(state).toMatchObject({ fault: null, evidence: null, flowingSinceMs: null });
});

test('a registration that fails: refused at once, other causes when they last', () => {
  const failed = (atMs: number, outcome: FailedOutcome) =>
    step(atMs, { kind: 'registration-failed', atMs, outcome });
  expect(run([failed(t0, refused)]).state.kind).toBe('REFUSED');
  const first = run([failed(t0, unreachable), tick(t0 + policy.registrationGraceMs - 1)]);
  expect(first.path).toEqual([]);
  // Failing again does not begin the grace anew.
  const again = [failed(t0 + 15_000, unreachable), tick(t0 + policy.registrationGraceMs)];
  expect(run(again, first.state).state.kind).toBe('UNREACHABLE');
  const answered = swept(t0 + 1_000, null, false);
  expect(run([failed(t0, refused), answered]).state.kind).toBe('REFUSED');
  const registered = step(t0 + 2_000, { kind: 'registered' });
  expect(run([failed(t0, refused), answered, registered]).state.kind).toBe('ONLINE');
});

test('the sweep says nothing of a camera whose stream is followed', () => {
  expect(run([flowing(t0), swept(t0 + 1_000, unreachable)]).path).toEqual(['ONLINE']);
  const suspected = run([flowing(t0), stopped(t0 + 9_000), swept(t0 + 9_500, null)]);
  expect(suspected.state.kind).toBe('SUSPECTED');
});

test('a stream that nobody follows any more: the state stays until the sweep tells', () => {
  const { state } = run([flowing(t0), step(t0 + 9_000, { kind: 'stream-unwatched' })]);
  expect(run([tick(t0 + 600_000)], state).state.kind).toBe('ONLINE');
  expect(run([swept(t0 + 10_000, unreachable)], state).state.kind).toBe('UNREACHABLE');
  const back = run([swept(t0 + 10_000, unreachable), flowing(t0 + 20_000)], state);
  expect(run([tick(t0 + 23_000)], back.state).state.kind).toBe('ONLINE');
});

test('suspected, then followed by nobody: a registration that failed for long says more than the stream', () => {
  const failedAtMs = t0 + 2_000;
  const { state } = run([
    step(t0, { kind: 'frames-stopped', lastFrameMs: null, fault: 'CAMERA_SILENT', evidence: null }),
    step(failedAtMs, { kind: 'registration-failed', atMs: failedAtMs, outcome: unreachable }),
    step(t0 + 6_000, { kind: 'stream-unwatched' }),
  ]);
  expect(state.kind).toBe('SUSPECTED');
  expect(run([tick(failedAtMs + policy.registrationGraceMs)], state).state.kind).toBe(
    'UNREACHABLE',
  );
});

test('a sibling’s failure foresees the own: no probe is waited for', () => {
  const foreseen = step(t0 + 4_000, { kind: 'sibling-checked', outcome: unreachable });
  const down = run([flowing(t0), foreseen, stopped(t0 + 5_000)]);
  expect(down.effects.slice(1)).toEqual([{ kind: 'changed', from: 'ONLINE', to: 'UNREACHABLE' }]);
  const late = run([flowing(t0), foreseen, stopped(t0 + 4_001 + policy.foreseenForMs)]);
  expect(late.state.kind).toBe('SUSPECTED');
  const answers = step(t0 + 4_500, { kind: 'sibling-checked', outcome: { kind: 'answers' } });
  expect(run([flowing(t0), foreseen, answers, stopped(t0 + 5_000)]).state.kind).toBe('SUSPECTED');
});

test('the gravest is shown: connection, blind view, suspicion, wrong view, condition', () => {
  const degraded = run([flowing(t0), event(t0 + 1_000, 'storage-failure', true)]).state;
  expect(degraded).toMatchObject({ kind: 'DEGRADED', fault: 'CAMERA_STORAGE_FAILED' });
  const moved = run([judged(t0 + 2_000, 'MOVED')], degraded).state;
  expect(moved).toMatchObject({ kind: 'MOVED', fault: 'CAMERA_MOVED' });
  const covered = run([judged(t0 + 3_000, 'COVERED')], moved).state;
  expect(covered.kind).toBe('COVERED');
  // Its alert must not close for a moment's silence.
  const silent = run([stopped(t0 + 4_000)], covered);
  expect(silent.state.kind).toBe('COVERED');
  expect(silent.effects).toEqual([{ kind: 'probe' }]);
  const probed = step(t0 + 4_500, {
    kind: 'probe-answered',
    askedAtMs: t0 + 4_000,
    outcome: unreachable,
  });
  const down = run([probed], silent.state).state;
  expect(down.kind).toBe('UNREACHABLE');
  // Back again, what was known of its view still holds, until the pictures tell otherwise.
  const back = run([flowing(t0 + 10_000), tick(t0 + 13_000)], down).state;
  expect(back.kind).toBe('COVERED');
  expect(run([judged(t0 + 14_000, 'WELL')], back).state.kind).toBe('DEGRADED');
  expect(run([stopped(t0 + 4_000)], degraded).state.kind).toBe('SUSPECTED');
});

test('facts of the view and the sweep that come late do not undo newer ones', () => {
  const view = run([flowing(t0), judged(t0 + 5_000, 'COVERED'), judged(t0 + 5_100, 'WELL', t0)]);
  expect(view.state.kind).toBe('COVERED');
  const sweep = run([swept(t0 + 5_000, unreachable)]).state;
  const late = step(t0 + 5_100, {
    kind: 'swept',
    atMs: t0,
    lost: null,
    registered: true,
    clockOffsetMs: null,
  });
  expect(run([late], sweep).state.kind).toBe('UNREACHABLE');
});

test('the camera’s own tamper event supports the pictures, and counts alone where there are none', () => {
  const both = run([flowing(t0), judged(t0, 'COVERED'), event(t0 + 1_000, 'tamper', true)]);
  expect(both.state.evidence).toBe('is COVERED; the camera reports tampering: tamper told');
  const seen = run([flowing(t0), judged(t0, 'WELL'), event(t0 + 1_000, 'tamper', true)]);
  expect(run([tick(t0 + 100_000)], seen.state).state.kind).toBe('ONLINE');
  const alone = run([flowing(t0), event(t0 + 1_000, 'tamper', true), tick(t0 + 30_999)]);
  expect(alone.state.kind).toBe('ONLINE');
  const later = run([tick(t0 + 31_000)], alone.state).state;
  expect(later).toMatchObject({ kind: 'DEGRADED', fault: 'CAMERA_TAMPER_REPORTED' });
  const over = run([event(t0 + 40_000, 'tamper', false), tick(t0 + 70_000)], later).state;
  expect(over.kind).toBe('ONLINE');
});

test.each([
  ['low-frame-rate', { frameRateFps: 8 }, 'CAMERA_FRAME_RATE_LOW', '8 of 15 frames per second'],
  [
    'key-frame-interval',
    { keyFrameIntervalMs: 20_000 },
    'CAMERA_KEY_FRAMES_RARE',
    'a key frame every 20 s',
  ],
  ['packet-loss', { lossShare: 0.05 }, 'CAMERA_PACKETS_LOST', '5 % of the packets lost'],
  ['clock-offset', { clockOffsetMs: -300_000 }, 'CAMERA_CLOCK_SKEWED', 'its clock is 300 s behind'],
  ['not-recorded', { recorded: false }, 'CAMERA_NOT_RECORDED', 'frames come and are not written'],
  ['not-recorded', { queuedForMs: 12_000 }, 'CAMERA_NOT_RECORDED', 'the disk is 12 s behind'],
  ['wrong-codec', { codecDiffers: 'H265, not H264' }, 'CAMERA_STREAM_DIFFERS', 'H265, not H264'],
  ['wrong-resolution', { resolutionDiffers: '640×360' }, 'CAMERA_STREAM_DIFFERS', '640×360'],
  ['policy-drift', { policyDiffers: 'ntp, osd' }, 'CAMERA_POLICY_DRIFT', 'ntp, osd'],
] as const)(
  '%s (%j) degrades after the entering time and ends after the leaving time',
  (kind, bad, fault, evidence) => {
    const { enterAfterMs, leaveAfterMs } = policy.health;
    const early = run([flowing(t0), ...measuredFor(t0 + 1_000, enterAfterMs - 1_000, bad)]);
    expect(early.path).toEqual(['ONLINE']);
    const entered = run([measured(t0 + 1_000 + enterAfterMs, bad)], early.state);
    expect(entered.state).toMatchObject({ kind: 'DEGRADED', fault, evidence });
    expect(entered.state.detail.conditions[kind]?.activeSinceMs).toBe(t0 + 1_000 + enterAfterMs);
    const wellAtMs = t0 + 100_000;
    const leaving = run(measuredFor(wellAtMs, leaveAfterMs - 1), entered.state);
    expect(leaving.state.kind).toBe('DEGRADED');
    expect(run([measured(wellAtMs + leaveAfterMs)], leaving.state).state.kind).toBe('ONLINE');
  },
);

test('a bad measure that is interrupted by good ones does not degrade', () => {
  const steps = Array.from({ length: 20 }, (_, index) =>
    measured(t0 + index * 20_000, index % 2 === 0 ? { lossShare: 0.5 } : {}),
  );
  expect(run([flowing(t0), ...steps]).path).toEqual(['ONLINE']);
});

test('several reasons: all are told, the gravest first', () => {
  const { state } = run([
    flowing(t0),
    ...measuredFor(t0, 30_000, { lossShare: 0.2, clockOffsetMs: 9_000 }),
  ]);
  expect(state).toMatchObject({
    kind: 'DEGRADED',
    fault: 'CAMERA_DEGRADED',
    evidence: '20 % of the packets lost; its clock is 9 s ahead',
  });
});

function outage(atMs: number): Step[] {
  const probed = step(atMs + 500, {
    kind: 'probe-answered',
    askedAtMs: atMs,
    outcome: unreachable,
  });
  return [stopped(atMs), probed, flowing(atMs + 10_000), tick(atMs + 13_000)];
}

test('a camera that comes and goes stays down, marked, until it is calm', () => {
  const { breaks, calmMs } = policy.flap;
  const outages = Array.from({ length: breaks }, (_, index) => outage(t0 + 20_000 * (index + 1)));
  const calm = run([flowing(t0), ...outages.slice(0, -1).flat()]);
  expect(calm.state).toMatchObject({ kind: 'ONLINE', detail: { flap: { sinceMs: null } } });
  const last = outages.at(-1) ?? [];
  const flapping = run(last, calm.state);
  // It falls back to its last outage at once.
  expect(flapping.path).toEqual(['UNREACHABLE']);
  expect(flapping.state.evidence).toBe('comes and goes: lost 6 times in 10 min; last: no route');
  expect(flapping.state.detail.flap).toMatchObject({ episodes: 1 });
  const backMs = last.at(-1)?.atMs ?? 0;
  expect(run([tick(backMs + calmMs - 1)], flapping.state).path).toEqual([]);
  const settled = run([tick(backMs + calmMs)], flapping.state);
  expect(settled.path).toEqual(['ONLINE']);
  expect(settled.state.detail.flap).toMatchObject({ sinceMs: null, breaks: [], episodes: 1 });
});

test('moments of silence without an outage make a camera unsteady, not down', () => {
  const blips = Array.from({ length: policy.flap.breaks }, (_, index) => [
    stopped(t0 + 10_000 * (index + 1)),
    flowing(t0 + 10_000 * (index + 1) + 500),
  ]);
  const { state } = run([flowing(t0), ...blips.flat()]);
  expect(state).toMatchObject({
    kind: 'DEGRADED',
    fault: 'CAMERA_UNSTEADY',
    evidence: 'interrupted 6 times in 10 min',
  });
  const calmMs = t0 + 10_000 * policy.flap.breaks + 500 + policy.flap.calmMs;
  const calm = run([tick(calmMs), tick(calmMs + policy.health.leaveAfterMs)], state);
  expect(calm.state.kind).toBe('ONLINE');
});

test('a restart keeps what was known; an older release’s row begins with its columns', () => {
  const { state } = run([
    flowing(t0),
    event(t0 + 1_000, 'storage-failure', true),
    judged(t0 + 2_000, 'COVERED'),
  ]);
  const stored = JSON.parse(JSON.stringify(state)) as CameraState;
  const restored = restoreCameraState(stored, detailToStore(stored));
  expect(restored.detail).toEqual(state.detail);
  expect(run([flowing(t0 + 9_000), judged(t0 + 9_000, 'WELL')], restored).state.kind).toBe(
    'DEGRADED',
  );
  const old = restoreCameraState(
    { ...stored, kind: 'UNREACHABLE', fault: 'CAMERA_UNREACHABLE' },
    {},
  );
  expect(old).toMatchObject({
    stoppedAtMs: stored.sinceMs,
    detail: { connection: { kind: 'UNREACHABLE' } },
  });
  expect(run([flowing(t0 + 9_000), tick(t0 + 12_000)], old).state.kind).toBe('ONLINE');
  const sweptDown = run([swept(t0, unreachable)]).state;
  const again = restoreCameraState(sweptDown, sweptDown.detail);
  expect(run([swept(t0 + 1_000, null)], again).state.kind).toBe('ONLINE');
});

const outcome = fc.constantFrom<FailedOutcome>(unreachable, refused, {
  kind: 'failed',
  fault: 'CAMERA_ANSWER_INVALID',
  evidence: 'x',
});
const observationAt = (atMs: number): fc.Arbitrary<CameraObservation> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<CameraObservation>({ kind: 'frames-flowing' }) },
    { weight: 3, arbitrary: fc.constant(stopped(atMs).observation) },
    { weight: 3, arbitrary: fc.constant<CameraObservation>({ kind: 'tick' }) },
    fc.constant<CameraObservation>({ kind: 'stream-unwatched' }),
    fc.constant<CameraObservation>({ kind: 'registered' }),
    outcome.map((one): CameraObservation => ({ kind: 'registration-failed', atMs, outcome: one })),
    outcome.map((one): CameraObservation => ({ kind: 'sibling-checked', outcome: one })),
    fc
      .tuple(fc.option(outcome), fc.boolean(), fc.option(fc.integer({ min: -9_000, max: 9_000 })))
      .map(
        ([lost, registered, clockOffsetMs]): CameraObservation => ({
          kind: 'swept',
          atMs,
          lost,
          registered,
          clockOffsetMs,
        }),
      ),
    fc.tuple(fc.integer({ min: 0, max: 10_000 }), outcome).map(
      ([agoMs, one]): CameraObservation => ({
        kind: 'probe-answered',
        askedAtMs: atMs - agoMs,
        outcome: one,
      }),
    ),
    fc.constantFrom(...viewVerdicts).map((verdict) => judged(atMs, verdict).observation),
    fc
      .tuple(fc.constantFrom(...cameraEventKinds), fc.boolean())
      .map(([kind, active]) => event(atMs, kind, active).observation),
    fc
      .tuple(fc.constantFrom(0, 0.01, 0.5), fc.constantFrom(15, 10, 2), fc.boolean())
      .map(
        ([lossShare, frameRateFps, recorded]) =>
          measured(atMs, { lossShare, frameRateFps, recorded }).observation,
      ),
  );
const history: fc.Arbitrary<readonly Step[]> = fc
  .array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 50 })
  .chain((waits) => {
    let atMs = t0;
    const times = waits.map((waitMs) => {
      atMs += waitMs;
      return atMs;
    });
    return fc.tuple(
      ...times.map((timeMs) =>
        observationAt(timeMs).map((observation) => step(timeMs, observation)),
      ),
    );
  });

test('whatever happens: changes chain, faults explain, what is stored restores', () => {
  fc.assert(
    fc.property(history, (steps) => {
      let state = initialCameraState(t0);
      let kind: CameraStateKind = 'UNKNOWN';
      for (const { atMs, observation } of steps) {
        const before = state;
        const { state: next, effects } = decideCameraState(state, observation, atMs);
        const changes = effects.filter((effect) => effect.kind === 'changed');
        expect(changes.length).toBeLessThanOrEqual(1);
        for (const change of changes) {
          expect(change).toMatchObject({ from: kind });
          expect(change.to).not.toBe(change.from);
          kind = change.to;
        }
        expect(next.kind).toBe(kind);
        expect(next.sinceMs).toBe(changes.length > 0 ? atMs : before.sinceMs);
        if (kind === 'ONLINE') expect(next).toMatchObject({ fault: null, evidence: null });
        else if (kind !== 'UNKNOWN' && kind !== 'SUSPECTED') expect(next.fault).not.toBeNull();
        expect(next.flowingSinceMs !== null && next.stoppedAtMs !== null).toBe(false);
        const stored = JSON.parse(JSON.stringify(next)) as CameraState;
        expect(restoreCameraState(stored, stored.detail).detail).toEqual(next.detail);
        expect(restoreCameraState(stored, detailToStore(stored)).detail).toEqual(next.detail);
        state = next;
      }
    }),
  );
});

test('every observation may come twice: same state, no further effect', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const once = run(steps);
      const twice = run(steps.flatMap((one) => [one, one]));
      expect(twice.state).toEqual(once.state);
      expect(twice.effects).toEqual(once.effects);
    }),
  );
});

test('no state is without an exit: a camera that is well in every way comes ONLINE', () => {
  const { flap, health } = policy;
  const settleMs = flap.calmMs + health.leaveAfterMs + 10_000;
  fc.assert(
    fc.property(history, fc.boolean(), (steps, bySweep) => {
      const endMs = (steps.at(-1)?.atMs ?? t0) + 1;
      const heartbeat = bySweep
        ? [step(endMs, { kind: 'stream-unwatched' }), swept(endMs, null)]
        : [flowing(endMs)];
      const seconds = Array.from({ length: settleMs / 1_000 }, (_, index) => endMs + index * 1_000);
      const { state } = run([
        ...steps,
        ...heartbeat,
        judged(endMs, 'WELL'),
        ...cameraEventKinds.map((kind) => event(endMs, kind, false)),
        ...seconds.flatMap((atMs) =>
          atMs % 10_000 === endMs % 10_000 ? [measured(atMs), tick(atMs)] : [tick(atMs)],
        ),
      ]);
      expect(state.kind).toBe('ONLINE');
    }),
  );
});

test('no state is without a way down: a camera that is lost ends down, whatever was before', () => {
  fc.assert(
    fc.property(history, fc.boolean(), (steps, bySweep) => {
      const endMs = (steps.at(-1)?.atMs ?? t0) + 1;
      const last = bySweep
        ? [step(endMs, { kind: 'stream-unwatched' }), swept(endMs, unreachable)]
        : [stopped(endMs), tick(endMs + policy.probeTimeoutMs)];
      expect(isDown(run([...steps, ...last]).state.kind)).toBe(true);
    }),
  );
});

test('hysteresis: whatever is measured, DEGRADED neither comes nor goes faster than its times', () => {
  const measure = fc.record({
    lossShare: fc.constantFrom(0, 0.01, 0.3),
    frameRateFps: fc.constantFrom(15, 10, 1),
    keyFrameIntervalMs: fc.constantFrom(1_000, 9_000, 60_000),
  });
  fc.assert(
    fc.property(fc.array(measure, { maxLength: 80 }), (measures) => {
      const steps = measures.map((one, index) => measured(t0 + index * 5_000, one));
      let state = run([flowing(t0)]).state;
      let changedAtMs = t0;
      for (const one of steps) {
        const next = run([one], state);
        if (next.path.length > 0) {
          expect(one.atMs - changedAtMs).toBeGreaterThanOrEqual(
            Math.min(policy.health.enterAfterMs, policy.health.leaveAfterMs),
          );
          changedAtMs = one.atMs;
        }
        state = next.state;
      }
    }),
  );
});
