import { cameraStateKinds } from '@nigehban/domain/camera-state.ts';
import { incidentCauseKinds } from '@nigehban/domain/incident.ts';
import { expect, test } from 'vitest';
import { stepsForAlert, stepsForIncident } from './runbook-steps.ts';
import runbooks from './runbooks.json' with { type: 'json' };

test('every runbook has the same number of steps in both languages, none empty', () => {
  for (const [name, { en, ur }] of Object.entries(runbooks)) {
    expect(ur.length, name).toBe(en.length);
    expect(
      [...en, ...ur].every((step) => step.trim() !== ''),
      name,
    ).toBe(true);
  }
});

test('every state and every cause has one; the state of most cameras decides', () => {
  const cause = (state: (typeof cameraStateKinds)[number]) => ({
    cameraId: 1,
    cameraCode: 'C1',
    state,
    fault: null,
  });
  for (const state of cameraStateKinds) {
    expect(stepsForAlert([cause(state)], 'en').length, state).toBeGreaterThan(1);
  }
  for (const kind of incidentCauseKinds) {
    expect(stepsForIncident(kind, 'ur').length, kind).toBeGreaterThan(1);
  }
  expect(stepsForAlert([cause('SILENT'), cause('COVERED'), cause('COVERED')], 'en')).toBe(
    runbooks.COVERED.en,
  );
  expect(stepsForAlert([], 'en')).toBe(runbooks.other.en);
});
