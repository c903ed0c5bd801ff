import { expect, test } from 'vitest';
import { planEpisodes, sumEpisodes } from './report-alerts.ts';

const steps = (...list: readonly [number, string][]) =>
  list.map(([atMs, step]) => ({ atMs, step }));

test('an alert that was reopened was open twice; the first acknowledgement counts', () => {
  const episodes = planEpisodes(
    steps(
      [0, 'opened'],
      [60, 'acknowledged'],
      [80, 'acknowledged'],
      [90, 'changed'],
      [100, 'closed'],
      [300, 'reopened'],
      [310, 'escalated'],
    ),
    false,
  );
  expect(episodes).toMatchObject([
    { openedAtMs: 0, acknowledgedAtMs: 60, closedAtMs: 100, reopening: false },
    { openedAtMs: 300, acknowledgedAtMs: null, closedAtMs: null, escalated: true, reopening: true },
  ]);
  expect(sumEpisodes(episodes)).toMatchObject({
    ...{ opened: 2, acknowledged: 1, closed: 1, open: 1, reopened: 1, escalated: 1 },
    ...{ mttaMs: 60, mttrMs: 100 },
  });
});

test('a person who resolves it ends it; the closing that follows is no second one', () => {
  expect(planEpisodes(steps([0, 'opened'], [50, 'resolved'], [51, 'closed']), false)).toMatchObject(
    [{ closedAtMs: 50 }],
  );
});

test('announced darkness is counted, not timed; without any there is no mean', () => {
  const announced = planEpisodes(steps([0, 'opened'], [9_000, 'closed']), true);
  expect(sumEpisodes(announced)).toMatchObject({ opened: 1, expected: 1, mttrMs: null });
  const list = [10, 20, 30, 40].flatMap((ms) =>
    planEpisodes(steps([0, 'opened'], [ms, 'closed']), false),
  );
  expect(sumEpisodes([...list, ...announced])).toMatchObject({
    ...{ mttrMs: 25, medianRecoverMs: 20, p90RecoverMs: 40, mttaMs: null },
  });
});
