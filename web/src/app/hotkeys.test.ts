import { expect, test } from 'vitest';
import { isKey } from './hotkeys.ts';

const stroke = (key: string, code: string, shiftKey = false) => ({ key, code, shiftKey });

test('letters work in either case and by their place while an Urdu layout is active', () => {
  expect(isKey(stroke('a', 'KeyA'), 'a')).toBe(true);
  expect(isKey(stroke('A', 'KeyA', true), 'a')).toBe(true);
  expect(isKey(stroke('ا', 'KeyA'), 'a')).toBe(true);
  expect(isKey(stroke('q', 'KeyA'), 'a')).toBe(false);
});

test('signs work by their place too; the question mark needs Shift', () => {
  expect(isKey(stroke(']', 'BracketRight'), ']')).toBe(true);
  expect(isKey(stroke('چ', 'BracketRight'), ']')).toBe(true);
  expect(isKey(stroke('؟', 'Slash', true), '?')).toBe(true);
  expect(isKey(stroke('/', 'Slash'), '?')).toBe(false);
});
