import { createManualClock } from '@nigehban/config/clock/clock.ts';
import { createLogger } from '@nigehban/config/log/logger.ts';
import {
  type CameraState,
  initialCameraState,
  type ProbeOutcome,
} from '@nigehban/domain/camera-state.ts';
import { expect, test } from 'vitest';
import { createCameraProbes } from './camera-probes.ts';

const unreachable: ProbeOutcome = {
  kind: 'unreachable',
  fault: 'CAMERA_UNREACHABLE',
  evidence: 'no route to host',
};

function start(outcome: ProbeOutcome = unreachable) {
  const clock = createManualClock();
  const waiting: { readonly cameraId: number; readonly answer: () => void }[] = [];
  const probes = createCameraProbes({
    clock,
    log: createLogger('silent', 'test'),
    probe: (cameraId) =>
      new Promise((resolve) => waiting.push({ cameraId, answer: () => resolve(outcome) })),
  });
  const told = new Map<number, ProbeOutcome>();
  const states = new Map<number, CameraState>();
  const suspect = (
    cameraId: number,
    stationCode: string,
    streamFault: CameraState['streamFault'] = 'CAMERA_UNREACHABLE',
  ) => {
    const askedAtMs = clock.nowMs();
    states.set(cameraId, {
      ...initialCameraState(askedAtMs),
      streamFault,
      probingSinceMs: askedAtMs,
    });
    probes.suspect({
      cameraId,
      stationCode,
      askedAtMs,
      state: () => states.get(cameraId) ?? null,
      answered: (answer) => told.set(cameraId, answer),
    });
  };
  const answerAll = async () => {
    for (const { answer } of waiting.splice(0)) answer();
    await new Promise(setImmediate);
  };
  return { clock, probes, waiting, told, states, suspect, answerAll };
}

test('outside a storm every camera is asked itself', async () => {
  const { suspect, waiting, told, answerAll } = start();
  suspect(1, 'A');
  await answerAll();
  suspect(2, 'A');
  expect(told.has(2)).toBe(false);
  expect(waiting.map((one) => one.cameraId)).toEqual([2]);
});

test('in a storm one camera that is away stands for siblings that ended alike', async () => {
  const { suspect, told, answerAll, waiting } = start();
  for (let n = 0; n < 256; n++) suspect(n, `S${n}`);
  suspect(1_000, 'S0');
  suspect(1_001, 'S0', 'CAMERA_SILENT');
  await answerAll();
  expect(told.get(1_000)).toEqual(unreachable);
  // A stream that ended in another way is another fault.
  expect(waiting.map((one) => one.cameraId)).toEqual([1_001]);
  suspect(1_002, 'S9');
  expect(told.get(1_002)).toEqual(unreachable);
  suspect(1_003, 'elsewhere');
  expect(told.has(1_003)).toBe(false);
});

test('a camera that answers stands for nobody, and a proof is believed for a while only', async () => {
  const answers = start({ kind: 'answers' });
  for (let n = 0; n < 256; n++) answers.suspect(n, 'A');
  await answers.answerAll();
  answers.suspect(1_000, 'A');
  expect(answers.told.has(1_000)).toBe(false);

  const away = start();
  for (let n = 0; n < 256; n++) away.suspect(n, 'A');
  await away.answerAll();
  away.clock.advance(11_000);
  for (let n = 300; n < 600; n++) away.suspect(n, `T${n}`);
  away.suspect(1_000, 'A');
  expect(away.told.has(1_000)).toBe(false);
});

test('a probe that nobody waits for any more is not made', async () => {
  const { suspect, states, waiting, answerAll } = start({ kind: 'answers' });
  for (let n = 0; n < 257; n++) suspect(n, `S${n}`);
  states.set(256, initialCameraState(0));
  await answerAll();
  expect(waiting).toEqual([]);
});
