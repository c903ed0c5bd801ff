import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, root, runCommand, SetupError, say } from './run-command.mjs';

const stampPath = join(cacheFolder, 'web-build');
const skipped = new Set(['node_modules', 'dist']);

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : filesUnder(path);
    return [path];
  });
}

/** Changes with every change to what the client is built from; by size and time, which is quick. */
function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  for (const path of [
    ...filesUnder(join(root, 'web')),
    ...filesUnder(join(root, 'domain', 'src')),
  ]) {
    if (/\.test\.tsx?$/.test(path)) continue;
    const { size, mtimeMs } = statSync(path);
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** True when web/dist is built from the present sources, or there is no client to build. */
export function webClientIsBuilt() {
  if (!existsSync(join(root, 'web', 'index.html'))) return true;
  if (!existsSync(join(root, 'web', 'dist', 'index.html')) || !existsSync(stampPath)) return false;
  return readFileSync(stampPath, 'utf8') === fingerprint();
}

/** Builds web/dist when its sources have changed; throws a SetupError when they don't build. */
export async function provideWebClient() {
  if (webClientIsBuilt()) return;
  say('building the web client');
  const before = fingerprint();
  const node = join(root, 'node_modules', '.bin', 'node');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  try {
    await runCommand(node, [vite, 'build', '--logLevel', 'warn'], {
      cwd: join(root, 'web'),
      what: 'building the web client',
    });
  } catch (error) {
    throw new SetupError(`The web client does not build.\n${error.message}`);
  }
  mkdirSync(dirname(stampPath), { recursive: true });
  writeFileSync(stampPath, before);
}
