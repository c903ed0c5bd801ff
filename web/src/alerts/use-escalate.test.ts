import type { AlertStep } from '@nigehban/domain/api/alert-types.ts';
import { expect, test } from 'vitest';
import { whoMoved } from './use-escalate.ts';

const step = (atMs: number, kind: AlertStep['step'], actor: string | null): AlertStep => ({
  id: atMs,
  atMs,
  step: kind,
  actor,
  details: {},
});

test('who escalated it last is named; nobody when it climbed by itself', () => {
  const steps = [
    step(1, 'opened', null),
    step(2, 'escalated', 'ayesha'),
    step(3, 'noted', 'bilal'),
  ];
  const now = { level: 'division', closed: false } as const;
  expect(whoMoved(now, steps)).toEqual({
    step: 'escalated',
    level: 'division',
    by: 'ayesha',
    atMs: 2,
  });
  expect(whoMoved(now, [...steps, step(4, 'escalated', null)])).toMatchObject({
    by: null,
    atMs: 4,
  });
});

test('who closed it is named before who escalated it; an incident may just have grown', () => {
  const steps = [step(1, 'escalated', 'ayesha'), step(2, 'resolved', 'bilal')];
  const closed = { level: 'division', closed: true } as const;
  expect(whoMoved(closed, steps)).toMatchObject({ step: 'closed', by: 'bilal', atMs: 2 });
  expect(whoMoved({ level: 'province', closed: false }, [])).toEqual({
    step: 'changed',
    level: 'province',
    by: null,
    atMs: null,
  });
});
