import { expect, test } from 'vitest';
import { formatSpans, isDoubted, joinSpans, openDoubtEndUs, parseSpans } from './identity-doubt.ts';

test('a piece is doubted where it begins, the end of a doubt excluded', () => {
  const doubts = [{ fromUs: 100, toUs: 200 }];
  expect([99, 100, 199, 200].map((at) => isDoubted(at, doubts))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(isDoubted(1_790_000_000_000_000, [{ fromUs: 1, toUs: openDoubtEndUs }])).toBe(true);
});

test('spans are joined where they touch and travel as one word', () => {
  const spans = joinSpans([
    { fromUs: 50, toUs: 60 },
    { fromUs: 1, toUs: 5 },
    { fromUs: 4, toUs: 9 },
    { fromUs: 9, toUs: 10 },
  ]);
  expect(spans).toEqual([
    { fromUs: 1, toUs: 10 },
    { fromUs: 50, toUs: 60 },
  ]);
  expect(parseSpans(formatSpans(spans))).toEqual(spans);
  expect(parseSpans(formatSpans([{ fromUs: 5, toUs: openDoubtEndUs }]))).toEqual([
    { fromUs: 5, toUs: openDoubtEndUs },
  ]);
  expect(parseSpans('')).toEqual([]);
});

test.each(['1', '1-', '1-2,', 'a-b', '1-2;3-4', `1-${'9'.repeat(17)}`])('%s is none', (text) => {
  expect(parseSpans(text)).toBeNull();
});
