import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

function filesOf(folder: string): readonly { readonly name: string; readonly text: string }[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/'))
    .map((file) => ({ name: relative(root, file), text: readFileSync(file, 'utf8') }));
}

test('SQL is written in stores only', () => {
  const wrong = filesOf('server/src').filter(
    ({ name, text }) =>
      !name.startsWith('server/src/store/') && /\b(?:sql|tx)(?:<[^`;]*>)?`/.test(text),
  );
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

test('every route of the API stands in the header of the types that it speaks', () => {
  const headers = filesOf('domain/src/api')
    .map(({ text }) => text)
    .join('\n');
  const routes = filesOf('server/src/http/routes').flatMap(({ text }) =>
    [...text.matchAll(/'(\/api\/[^']+)'/g)].flatMap((match) => match[1] ?? []),
  );
  expect(routes.length).toBeGreaterThan(80);
  // Of a report the same comes as `.csv`, which its header says once.
  const unlisted = routes.filter((route) => {
    const path = route.replace(/^(\/api\/reports\/.*)\.csv$/, '$1');
    const escaped = path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return !new RegExp(`${escaped}(?![\\w/:-])`).test(headers);
  });
  expect(unlisted).toEqual([]);
});
