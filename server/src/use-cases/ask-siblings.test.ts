import type { CameraId } from '@nigehban/domain/camera.ts';
import type { ProbeOutcome } from '@nigehban/domain/camera-state.ts';
import { expect, test } from 'vitest';
import { createSiblingChecks } from './ask-siblings.ts';

const [one, two, three, elsewhere, unplanned] = [1, 2, 3, 4, 5].map((id) => id as CameraId) as [
  CameraId,
  CameraId,
  CameraId,
  CameraId,
  CameraId,
];
const stations = new Map([
  [one, 'PS001'],
  [two, 'PS001'],
  [three, 'PS001'],
  [elsewhere, 'PS002'],
]);

function createChecks(given: { storm?: boolean; unwell?: readonly CameraId[] } = {}) {
  const asked: CameraId[] = [];
  const told: [CameraId, ProbeOutcome][] = [];
  const outcome: ProbeOutcome = { kind: 'answers' };
  const checks = createSiblingChecks({
    probes: {
      isStorm: () => given.storm === true,
      ask(cameraId, answered) {
        asked.push(cameraId);
        answered(outcome);
      },
    },
    stationOf: (cameraId) => stations.get(cameraId),
    siblings: (code) => [...stations].flatMap(([id, station]) => (station === code ? [id] : [])),
    isWell: (id) => !(given.unwell ?? []).includes(id),
    answered: (id, answer) => told.push([id, answer]),
  });
  return { checks, asked, told, outcome };
}

test('the others of the station are asked, and what they answer is told', () => {
  const { checks, asked, told, outcome } = createChecks();
  checks.failed(one, 0);
  expect(asked).toEqual([two, three]);
  expect(told).toEqual([
    [two, outcome],
    [three, outcome],
  ]);
});

test('one that is not well is not asked', () => {
  const { checks, asked } = createChecks({ unwell: [two] });
  checks.failed(one, 0);
  expect(asked).toEqual([three]);
});

test('a station is asked once in fifteen seconds, another one at once', () => {
  const { checks, asked } = createChecks();
  checks.failed(one, 1_000);
  checks.failed(two, 15_999);
  checks.failed(elsewhere, 15_999);
  expect(asked).toEqual([two, three]);
  checks.failed(two, 16_000);
  expect(asked).toEqual([two, three, one, three]);
});

test('a clock that was set back keeps nobody from being asked', () => {
  const { checks, asked } = createChecks();
  checks.failed(one, 3_600_000);
  checks.failed(one, 0);
  expect(asked).toEqual([two, three, two, three]);
});

test('nobody is asked in a storm, or for a camera outside the plan', () => {
  const storm = createChecks({ storm: true });
  storm.checks.failed(one, 0);
  const calm = createChecks();
  calm.checks.failed(unplanned, 0);
  expect([...storm.asked, ...calm.asked]).toEqual([]);
});
