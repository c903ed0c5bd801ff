import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/**
 * The import matrix of docs/architecture.md. Reads the imports of every source file as text; an
 * import that the table does not allow fails here with the file that has it.
 */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  media: [],
  config: ['domain'],
  'camera-gateway': ['domain', 'config', 'media'],
  recorder: ['domain', 'media', 'config'],
  relay: ['domain', 'media', 'config'],
  server: ['domain', 'config'],
  web: ['domain'],
};
const everything = ['bin', 'test'];

/** A package with a sharp edge → the places that may touch it. */
const homes: Readonly<Record<string, readonly string[]>> = {
  saxes: ['camera-gateway/src/onvif/', 'camera-gateway/src/discovery/', 'test/'],
  'node-onvif': ['test/', 'camera-gateway/src/onvif/testing/'],
  onvif: ['test/', 'camera-gateway/src/onvif/testing/'],
  'fluent-ffmpeg': ['recorder/src/ffmpeg/'],
  mediasoup: ['relay/'],
  postgres: ['server/src/store/', 'recorder/src/index-client/', 'config/src/embedded/', 'test/'],
  ioredis: ['server/src/queue/', 'camera-gateway/src/leases/', 'config/src/embedded/', 'test/'],
  sharp: ['camera-gateway/src/picture/', 'test/'],
  nodemailer: ['server/src/notify/', 'test/'],
  'read-excel-file': ['server/src/plan/', 'test/'],
  'write-excel-file': ['server/src/plan/', 'test/'],
  bullmq: ['server/src/queue/', 'test/'],
};

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly target: string;
  readonly isTest: boolean;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/[\\/](node_modules|dist)[\\/]/.test(file));
}

const folders = [...Object.keys(mayImport), ...everything];
const importPattern =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g;

const imports: Import[] = folders.flatMap((folder) =>
  sourceFiles(folder).flatMap((file) => {
    const name = relative(root, file).split(sep).join('/');
    const isTest = /\.test\.tsx?$|\/testing\//.test(name);
    return [...readFileSync(file, 'utf8').matchAll(importPattern)].map((match) => ({
      file: name,
      folder,
      target: match[1] ?? match[2] ?? match[3] ?? '',
      isTest,
    }));
  }),
);

function folderOf(target: string, file: string): string | undefined {
  const ours = /^@nigehban\/([^/]+)/.exec(target);
  if (ours !== null) return ours[1];
  if (!target.startsWith('.')) return undefined;
  return relative(root, resolve(root, dirname(file), target)).split(sep)[0];
}

test('the matrix sees the code', () => {
  expect(imports.length).toBeGreaterThan(50);
});

test('roles import only what the table allows', () => {
  const wrong = imports.filter(({ file, folder, target, isTest }) => {
    const to = folderOf(target, file);
    if (to === undefined || to === folder || everything.includes(folder)) return false;
    // A role's tests may stand on the camera lab and on whatever servers they need.
    if (isTest && (to === 'test' || to === 'config' || to === 'media' || to === 'domain'))
      return false;
    return !(mayImport[folder] ?? []).includes(to);
  });
  expect(wrong.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
});

test('imports of our packages name a file, with its ending', () => {
  const wrong = imports.filter(
    ({ target }) => target.startsWith('@nigehban/') && !/\.(ts|tsx|json|css|csv)$/.test(target),
  );
  expect(wrong.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
});

test('the pure core uses no package and no Node API', () => {
  const wrong = imports.filter(
    ({ folder, target, isTest }) => folder === 'domain' && !isTest && !target.startsWith('.'),
  );
  expect(wrong.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
  const impure = sourceFiles('domain')
    .filter((file) => !file.endsWith('.test.ts'))
    .filter((file) =>
      /\b(Date\.now|new Date\(\)|Math\.random|process\.|setTimeout|setInterval|performance\.)/.test(
        readFileSync(file, 'utf8'),
      ),
    )
    .map((file) => relative(root, file));
  expect(impure).toEqual([]);
});

test('packages with a sharp edge stay at home', () => {
  const wrong = imports.filter(({ file, target, isTest }) => {
    const name = target.startsWith('@')
      ? target.split('/').slice(0, 2).join('/')
      : (target.split('/')[0] ?? '');
    const allowed = homes[name];
    if (allowed === undefined || isTest) return false;
    return !allowed.some((place) => file.startsWith(place));
  });
  expect(wrong.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
});

test('Node modules are imported as node:', () => {
  const bare = new Set(builtinModules.filter((name) => !name.startsWith('_')));
  const wrong = imports.filter(({ target }) => bare.has(target));
  expect(wrong.map(({ file, target }) => `${file} → ${target}`)).toEqual([]);
});
