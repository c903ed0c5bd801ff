import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const styleFiles = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.css'),
);

test('styles name no physical side: right to left is no afterthought', () => {
  const physical =
    /(?<![\w-])(?:(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right|top|bottom)|left|right|top|bottom|width|height|(?:min|max)-(?:width|height))\s*:|text-align:\s*(?:left|right)|float:\s*(?:left|right)/;
  const found = styleFiles.flatMap((name) =>
    readFileSync(join(root, name), 'utf8')
      .split('\n')
      .map((line, index) => `${name}:${index + 1} ${line.trim()}`)
      .filter((line) => physical.test(line.replace(/^\S+ /, ''))),
  );
  expect(found).toEqual([]);
});

test('every style sheet but the fonts is in a layer, so that none wins by accident of order', () => {
  const outside = styleFiles.filter(
    (name) => !name.includes('fonts') && !readFileSync(join(root, name), 'utf8').includes('@layer'),
  );
  expect(outside).toEqual([]);
});

const tokens = readFileSync(join(root, 'styles/tokens.css'), 'utf8');

function readTokens(selector: string): Readonly<Record<string, string>> {
  const from = tokens.indexOf(selector);
  const block = tokens.slice(from, tokens.indexOf('\n  }', from));
  return Object.fromEntries(
    [...block.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{3,6});/g)].map((match) => [match[1], match[2]]),
  );
}

function luminance(hex: string): number {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/g, '$&$&') : hex;
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function contrast(a: string, b: string): number {
  const [lighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

const light = readTokens(':root {');
const dark = { ...light, ...readTokens(':root:not([data-theme="light"])') };
const texts = ['--text', '--muted', '--accent', '--ok', '--warn', '--bad', '--off'];
const grounds = ['--bg', '--surface', '--raised', '--hover', '--field'];

test.each([
  ['dark', dark],
  ['light', light],
] as const)('text of the %s theme has a contrast of 5.6:1 on every ground', (_, theme) => {
  const poor = [
    ...texts.flatMap((text) => grounds.map((ground) => [text, ground] as const)),
    ['--text', '--selected'] as const,
    ['--text', '--warn-soft'] as const,
    ['--text', '--bad-soft'] as const,
    ['--on-accent', '--accent'] as const,
    ['--on-bad-fill', '--bad-fill'] as const,
  ]
    .map(([text, ground]) => ({
      text,
      ground,
      ratio: contrast(theme[text] ?? '#000', theme[ground] ?? '#000'),
    }))
    .filter(({ ratio }) => ratio < 5.6);
  expect(poor).toEqual([]);
});

test.each([
  ['dark', dark],
  ['light', light],
] as const)('edges of controls and the focus ring of the %s theme have 3:1', (_, theme) => {
  const poor = ['--control-line', '--focus', '--recorded']
    .flatMap((edge) =>
      ['--bg', '--surface', '--raised'].map((ground) => ({
        edge,
        ground,
        ratio: contrast(theme[edge] ?? '#000', theme[ground] ?? '#000'),
      })),
    )
    .filter(({ ratio }) => ratio < 3);
  expect(poor).toEqual([]);
});
