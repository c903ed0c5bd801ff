import type { PlanDraftReport, PlanDraftView } from '@nigehban/domain/api/plan-types.ts';
import { expect, test } from 'vitest';
import { countWrites, currentStep, isBusy, openBlocks, openDraft } from './plan-steps.ts';

const draft = (state: PlanDraftView['state']) => ({ id: state, state }) as PlanDraftView;
const report = {
  cameras: { added: 3, changed: 2, moved: 1, removed: 4, unchanged: 9, invalid: 1 },
  stations: { total: 5, added: 1, changed: 0, unchanged: 4 },
  defects: [
    { code: 'DUPLICATE_SERIAL', severity: 'block', count: 2 },
    { code: 'UNKNOWN_DISTRICT', severity: 'block', count: 1 },
    { code: 'GPS_MISSING', severity: 'warning', count: 7 },
  ],
} as unknown as PlanDraftReport;

test('a person stands where the draft stands', () => {
  expect(currentStep(null)).toBe('file');
  expect(currentStep(draft('mapping'))).toBe('columns');
  expect(currentStep(draft('applying'))).toBe('check');
  expect(currentStep(draft('applied'))).toBe('result');
  expect([isBusy(draft('checking')), isBusy(draft('ready')), isBusy(null)]).toEqual([
    true,
    false,
    false,
  ]);
});

test('returning to the page shows the latest draft unless it is over', () => {
  expect(openDraft([])).toBeNull();
  expect(openDraft([draft('ready'), draft('applied')])?.state).toBe('ready');
  expect(openDraft([draft('applied'), draft('ready')])).toBeNull();
});

test('blocking defects hold the plan until each is set aside; removals count only when wanted', () => {
  expect(openBlocks(report, new Set())).toEqual(['DUPLICATE_SERIAL', 'UNKNOWN_DISTRICT']);
  expect(openBlocks(report, new Set(['DUPLICATE_SERIAL'] as const))).toEqual(['UNKNOWN_DISTRICT']);
  expect(countWrites(report, false)).toBe(7);
  expect(countWrites(report, true)).toBe(11);
});
