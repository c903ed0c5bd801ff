import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the recipe: subproject stand-ins, this file and the acceptance check. */
export const recipeFolder = fileURLToPath(new URL('.', import.meta.url));

/** Debian packages that building and checking the worker need. */
export const buildPackages = [
  'g++',
  'make',
  'python3',
  'meson',
  'ninja-build',
  'pkg-config',
  'libuv1-dev',
  'libssl-dev',
  'libsrtp2-dev',
  'libabsl-dev',
  'libflatbuffers-dev',
  'flatbuffers-compiler',
];

/**
 * Changes to the worker's own files. Each `find` must occur exactly once: a new mediasoup release
 * that moved the line then stops the build with a message instead of building something unpatched.
 */
const edits = [
  {
    // Debian 12 has meson 1.0.1 and the build uses nothing newer.
    file: 'meson.build',
    find: "meson_version: '>= 1.1.0'",
    replace: "meson_version: '>= 1.0.0'",
  },
  {
    // An OpenSSL with kernel TLS asks the output BIO by a control call whether the kernel encrypts.
    // The original callback turns every answer into 1, so OpenSSL allocates no write buffer and the
    // first DTLS handshake ends in a segmentation fault.
    file: 'src/RTC/DtlsTransport.cpp',
    find: '(operationType == BIO_CB_RETURN) ? static_cast<long>(ret) : 1',
    replace: '(operationType & BIO_CB_RETURN) ? static_cast<long>(ret) : 1',
  },
];

/**
 * Turns `folder`, a copy of mediasoup's `worker/`, into one that builds against the system's
 * libraries without downloading. Throws when the source is not the one the recipe was made for.
 */
export function applyRecipe(folder) {
  for (const { file, find, replace } of edits) {
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    if (text.split(find).length !== 2) {
      throw new Error(
        `mediasoup's worker source changed: "${find}" is not found once in ${file}. ` +
          'The recipe in scripts/mediasoup-worker/ has to be brought up to date.',
      );
    }
    writeFileSync(path, text.replace(find, replace));
  }
  const subprojects = join(folder, 'subprojects');
  for (const name of readdirSync(subprojects)) {
    rmSync(join(subprojects, name), { recursive: true });
  }
  cpSync(join(recipeFolder, 'subprojects'), subprojects, { recursive: true });
}
