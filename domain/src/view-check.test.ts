import { expect, test } from 'vitest';
import {
  decideView,
  defaultViewPolicy,
  judgePicture,
  noViewYet,
  type ViewComparison,
  type ViewDecision,
  type ViewMeasures,
  type ViewState,
} from './view-check.ts';

const startMs = Date.UTC(2027, 1, 8, 3);
const { limits } = defaultViewPolicy;

const inPlace: ViewComparison = {
  match: 0.8,
  anchoredShare: 0.9,
  shiftedMatch: 0,
  shift: '',
  detailRatio: 1,
  sharpnessRatio: 1,
  likeness: 0.8,
  steadiness: null,
};
let pictures = 0;

function picture(
  against: Partial<ViewComparison> | null = {},
  rest: Partial<ViewMeasures> = {},
): ViewMeasures {
  pictures += 1;
  return {
    pictureHash: `picture ${pictures}`,
    lightnessMean: 110,
    lightnessHigh: 220,
    saturatedShare: 0.01,
    against: against === null ? null : { ...inPlace, ...against },
    ...rest,
  };
}

const covered = {
  match: 0.02,
  anchoredShare: 0,
  detailRatio: 0.05,
  sharpnessRatio: null,
  likeness: 0,
};
const moved = { match: 0.15, anchoredShare: 0.05, shiftedMatch: 0.6, shift: '20% to the left' };
const elsewhere = { match: 0.12, anchoredShare: 0.03, shiftedMatch: 0.2, steadiness: 0.95 };
const crowd = { ...elsewhere, steadiness: 0.4 };
const blurred = { match: 0.4, anchoredShare: 0.4, detailRatio: 0.1, sharpnessRatio: 0.4 };
const dark = { lightnessMean: 10, lightnessHigh: 20 };

test.each([
  ['the approved view', picture(), 'WELL'],
  [
    'infrared night',
    picture({ match: 0.5, anchoredShare: 0.5, sharpnessRatio: 0.88, likeness: 0.2 }),
    'WELL',
  ],
  ['a cloth', picture(covered), 'COVERED'],
  ['a shifted view', picture(moved), 'MOVED'],
  ['another view that stands still', picture(elsewhere), 'MOVED'],
  ['people everywhere', picture(crowd), 'CROWDED'],
  ['out of focus', picture(blurred), 'BLURRED'],
  ['no light', picture(covered, dark), 'DARK'],
  ['no light and no reference', picture(null, dark), 'DARK'],
  ['no reference', picture(null), 'WELL'],
  [
    'sun in the lens',
    picture({ ...covered, sharpnessRatio: 1 }, { saturatedShare: 0.6 }),
    'DAZZLED',
  ],
  ['sun beside the view', picture({ sharpnessRatio: 0.5 }, { saturatedShare: 0.4 }), 'WELL'],
  ['half hidden by somebody', picture({ match: 0.3, anchoredShare: 0.25 }), 'UNSURE'],
])('%s', (_name, measures, vote) => {
  expect(judgePicture(measures, limits)).toBe(vote);
});

/** Feeds a picture a minute; gives the decisions. */
function watch(
  list: readonly ViewMeasures[],
  from: ViewState = noViewYet,
  startsAtMs = startMs,
): ViewDecision[] {
  let state = from;
  return list.map((measures, minute) => {
    const decision = decideView(state, measures, startsAtMs + minute * 60_000);
    state = decision.state;
    return decision;
  });
}

function times(count: number, make: () => ViewMeasures): ViewMeasures[] {
  return Array.from({ length: count }, make);
}

function last(decisions: readonly ViewDecision[]): ViewDecision {
  const decision = decisions.at(-1);
  if (decision === undefined) throw new Error('no decision');
  return decision;
}

const well = () => picture();
const hidden = () => picture(covered);

test('two good pictures make a view well, four bad ones disturb it, and each change is told once', () => {
  const decisions = watch([...times(3, well), ...times(6, hidden)]);
  expect(decisions.map(({ verdict }) => verdict)).toEqual([
    null,
    'WELL',
    'WELL',
    'WELL',
    'WELL',
    'WELL',
    'COVERED',
    'COVERED',
    'COVERED',
  ]);
  expect(decisions.filter(({ changed }) => changed)).toHaveLength(2);
});

test('somebody before the lens for three minutes is no matter', () => {
  const decisions = watch([...times(3, well), ...times(3, hidden), ...times(5, well)]);
  expect(decisions.filter(({ verdict }) => verdict === 'COVERED')).toEqual([]);
});

test('bad pictures in quick succession do not raise: they must last', () => {
  let state = last(watch(times(3, well))).state;
  for (let second = 0; second < 60; second += 5) {
    const decision = decideView(state, picture(covered), startMs + 180_000 + second * 1_000);
    expect(decision.verdict).toBe('WELL');
    state = decision.state;
  }
});

test('pictures of different kinds agree that something is wrong; the most frequent kind names it', () => {
  const list = [picture(covered), picture(blurred), picture(covered), picture(covered)];
  expect(last(watch([...times(3, well), ...list])).verdict).toBe('COVERED');
});

test('a covered camera that is found moved afterwards changes its verdict when that is clear', () => {
  const after = last(watch([...times(3, well), ...times(5, hidden)])).state;
  const decisions = watch(
    times(5, () => picture(moved)),
    after,
    startMs + 8 * 60_000,
  );
  expect(decisions.map(({ verdict }) => verdict)).toEqual([
    'COVERED',
    'COVERED',
    'COVERED',
    'MOVED',
    'MOVED',
  ]);
});

test('unsure pictures neither raise nor clear', () => {
  const unsure = () => picture({ match: 0.3, anchoredShare: 0.25 });
  expect(last(watch([...times(3, well), ...times(60, unsure)])).verdict).toBe('WELL');
  const bad = last(watch([...times(3, well), ...times(5, hidden)])).state;
  expect(last(watch(times(10, unsure), bad, startMs + 8 * 60_000)).verdict).toBe('COVERED');
});

test('a crowd for half an hour is a crowd; longer, nothing of the view was seen for too long', () => {
  const decisions = watch([...times(3, well), ...times(40, () => picture(crowd))]);
  const raisedAt = decisions.findIndex(({ verdict }) => verdict === 'MOVED');
  expect(raisedAt).toBeGreaterThan(30);
  expect(raisedAt).toBeLessThan(40);
});

test('glare passes, a lamp held into the lens stays', () => {
  const glare = () => picture({ ...covered, sharpnessRatio: 1 }, { saturatedShare: 0.6 });
  expect(last(watch([...times(3, well), ...times(25, glare), ...times(2, well)])).verdict).toBe(
    'WELL',
  );
  expect(last(watch([...times(3, well), ...times(45, glare)])).verdict).toBe('COVERED');
});

test('the same picture for minutes is frozen, the next one that differs twice ends it', () => {
  const still = picture();
  const decisions = watch([...times(2, well), ...times(5, () => still), ...times(3, well)]);
  expect(decisions.map(({ verdict }) => verdict)).toEqual([
    null,
    'WELL',
    'WELL',
    'WELL',
    'WELL',
    'FROZEN',
    'FROZEN',
    'FROZEN',
    'WELL',
    'WELL',
  ]);
  expect(decisions[5]?.evidence).toBe('the same picture 4 times in 180 s');
});

test('the same picture asked for again and again within seconds is a cached one', () => {
  const still = picture();
  let state = noViewYet;
  for (let second = 0; second < 100; second += 1) {
    const decision = decideView(state, still, startMs + second * 1_000);
    expect(decision.verdict).not.toBe('FROZEN');
    state = decision.state;
  }
});

test('a view that is disturbed again and again must be well for longer each time', () => {
  const needed: number[] = [];
  let state = last(watch(times(3, well))).state;
  let nowMs = startMs + 180_000;
  for (let round = 0; round < 4; round += 1) {
    for (let minute = 0; minute < 5; minute += 1, nowMs += 60_000) {
      state = decideView(state, hidden(), nowMs).state;
    }
    expect(state.verdict).toBe('COVERED');
    let count = 0;
    while (state.verdict !== 'WELL' && count < 100) {
      state = decideView(state, well(), nowMs).state;
      nowMs += 60_000;
      count += 1;
    }
    needed.push(count);
  }
  expect(needed).toEqual([2, 4, 8, 16]);
});

test('pictures from before a long gap have no say, and a clock set back harms nothing', () => {
  const three = last(watch([...times(3, well), ...times(3, hidden)])).state;
  expect(decideView(three, hidden(), startMs + 3_600_000).verdict).toBe('WELL');
  expect(decideView(three, hidden(), startMs - 3_600_000).verdict).toBe('WELL');
});

test('the evidence tells the measures', () => {
  const decision = decideView(noViewYet, picture(moved), startMs);
  expect(decision.evidence).toBe(
    "15% of the approved edges in place, 5% of the view's parts, 60% of them 20% to the left, detail 100%, sharpness 100%, lightness 110 of 255",
  );
});
