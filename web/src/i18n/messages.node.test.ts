import { readFileSync } from 'node:fs';
import { placements } from '@nigehban/domain/camera.ts';
import { cameraStateKinds } from '@nigehban/domain/camera-state.ts';
import { faultCatalogue } from '@nigehban/domain/faults.ts';
import { gapCauses } from '@nigehban/domain/footage.ts';
import { roles } from '@nigehban/domain/permissions.ts';
import { expect, test } from 'vitest';
import { tileStatuses } from '../status/status-tone.ts';
import { createTranslator, type Messages } from './messages.ts';

const parts = ['', '-plan', '-health', '-alerts', '-admin'] as const;
const readPart = (name: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8'));
const read = (language: string): Messages =>
  Object.assign({}, ...parts.map((part) => readPart(`${language}${part}`)));
const en = read('en');
const ur = read('ur');
const argumentsOf = (pattern: string): readonly string[] =>
  [...new Set([...pattern.matchAll(/\{(\w+)[,}]/g)].map((match) => match[1] ?? ''))].sort();

test('the Urdu texts have every key of the English ones, no more, and none is empty', () => {
  expect(Object.keys(ur).sort()).toEqual(Object.keys(en).sort());
  expect(Object.entries({ ...en, ...ur }).filter(([, text]) => text.trim() === '')).toEqual([]);
});

test('no text has its name twice', () => {
  const names = parts.flatMap((part) => Object.keys(readPart(`en${part}`)));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('a translation uses the same arguments as the original', () => {
  const differing = Object.keys(en).filter((key) => {
    const name = key as keyof Messages;
    return argumentsOf(en[name]).join() !== argumentsOf(ur[name]).join();
  });
  expect(differing).toEqual([]);
});

test('every fault of the catalogue has its text and its next action', () => {
  const codes = [...Object.keys(faultCatalogue), 'SERVER_UNREACHABLE', 'PLAYBACK_UNSUPPORTED'];
  const wanted = codes.flatMap((code) => [`fault.${code}`, `fault.${code}.next`]);
  expect(wanted.filter((key) => !(key in en))).toEqual([]);
});

test('every state, placement, cause and role has a name', () => {
  const wanted = [
    ...placements.map((placement) => `placement.${placement}`),
    ...gapCauses.map((cause) => `gap.${cause}`),
    ...cameraStateKinds.map((state) => `camera.state.${state}`),
    ...roles.map((role) => `role.${role}`),
    ...tileStatuses.map((status) => `tile.status.${status}`),
  ];
  expect(wanted.filter((key) => !(key in en))).toEqual([]);
});

test('every pattern compiles and formats in both languages', () => {
  for (const [language, messages] of [
    ['en', en],
    ['ur', ur],
  ] as const) {
    const { t } = createTranslator(language, messages);
    for (const key of Object.keys(messages) as (keyof Messages)[]) {
      const values = Object.fromEntries(argumentsOf(messages[key]).map((name) => [name, 3]));
      expect(t(key, values), key).not.toContain('{');
    }
  }
});

test('counts follow the plural rules and digits stay Latin in Urdu', () => {
  const english = createTranslator('en', en);
  expect(english.t('alerts.new', { count: 1 })).toBe('1 new alert');
  expect(english.t('alerts.new', { count: 12 })).toBe('12 new alerts');
  expect(createTranslator('ur', ur).t('alerts.new', { count: 12 })).toBe('12 نئے الرٹس');
});

test('text put into a sentence is isolated, so that a Latin name cannot reorder Urdu', () => {
  const text = createTranslator('ur', ur).t('palette.none', { text: 'PS-42' });
  expect(text).toContain('\u2068PS-42\u2069');
});
