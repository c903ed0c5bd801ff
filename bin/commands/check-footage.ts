import { readFileSync } from 'node:fs';
import { createLogger } from '@nigehban/config/log/logger.ts';
import type { Settings } from '@nigehban/config/settings/settings.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import {
  fingerprintOf,
  parsePublicKeys,
  readAllPublicKeys,
} from '@nigehban/recorder/chain/manifest-signature.ts';
import { verifyFootage } from '@nigehban/recorder/chain/verify-footage.ts';
import { verifyExport } from '@nigehban/recorder/export/verify-export.ts';
import { reindexFootage } from '@nigehban/recorder/index-client/reindex-footage.ts';
import { provideDatabases } from '../databases.ts';
import { footageFoldersOf } from '../footage-folders.ts';
import { createStoppables } from '../stoppables.ts';

/** Those of the command line, comma separated, else those of the settings. */
function footageFolders(settings: Settings, wished: string | undefined): readonly string[] {
  const named = wished?.split(',').filter((folder) => folder !== '') ?? [];
  return named.length > 0 ? named : footageFoldersOf(settings);
}

/**
 * Checks every chain and file below the folder, and the nodes' signatures: with the public key of a
 * file, or with those that the nodes left in the folder. True when all is intact.
 */
export async function runVerify(
  settings: Settings,
  wished: { readonly footage: string | undefined; readonly publicKey: string | undefined },
  say: (line: string) => void,
): Promise<boolean> {
  const { footage, publicKey } = wished;
  const publicKeys =
    publicKey === undefined ? undefined : parsePublicKeys(readKeyFile(publicKey), publicKey);
  const verdict = await verifyFootage(footageFolders(settings, footage), {
    ...(publicKeys === undefined ? {} : { publicKeys }),
    onCamera: (camera) => {
      say(
        `camera ${camera.cameraId}: ${camera.segments} segments, ${camera.gaps} gaps, ` +
          (camera.removed === 0 ? '' : `${camera.removed} removed by retention, `) +
          `${camera.problems.length === 0 ? 'intact' : `${camera.problems.length} problems`}`,
      );
      if (camera.beingWritten !== undefined) say(`  being written: ${camera.beingWritten}`);
      for (const problem of camera.problems) say(`  ${JSON.stringify(problem)}`);
    },
  });
  for (const problem of verdict.manifestProblems) say(JSON.stringify(problem));
  const source = publicKey === undefined ? 'the footage folder' : publicKey;
  for (const [nodeId, keys] of verdict.keys) {
    say(`manifests of ${nodeId} checked with ${keys.join(', ')} from ${source}`);
  }
  say(verdict.intact ? 'The footage is intact.' : 'The footage is NOT intact.');
  return verdict.intact;
}

/** `verify`: the footage, or an export. True when all is intact. */
export async function runVerifyCommand(
  settings: Settings,
  wished: {
    readonly footage: string | undefined;
    readonly publicKey: string | undefined;
    readonly exportPath: string | undefined;
  },
  say: (line: string) => void,
): Promise<boolean> {
  const { footage, publicKey, exportPath } = wished;
  if (exportPath === undefined) return await runVerify(settings, wished, say);
  const keys =
    publicKey === undefined
      ? await readAllPublicKeys(footageFolders(settings, footage))
      : parsePublicKeys(readKeyFile(publicKey), publicKey);
  if (keys.length === 0) {
    throw new Fault('REQUEST_INVALID', 'No key to check with: name it by --public-key FILE');
  }
  const verdict = await verifyExport(exportPath, keys);
  for (const { path, file } of verdict.files) {
    say(
      `${path}: ${file.frames} frames from ${new Date(file.startUs / 1000).toISOString()}, intact`,
    );
  }
  for (const problem of verdict.problems) say(JSON.stringify(problem));
  say(`${verdict.manifests} manifests checked with ${keys.map(fingerprintOf).join(', ')}`);
  const intact = verdict.problems.length === 0;
  say(intact ? 'The export is intact.' : 'The export is NOT intact.');
  return intact;
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Fault('REQUEST_INVALID', `Cannot read the public key ${file}`, { cause });
  }
}

/** Rebuilds this node's index rows from its footage; the node must not be recording. */
export async function runReindex(
  settings: Settings,
  footage: string | undefined,
  say: (line: string) => void,
): Promise<void> {
  const parts = createStoppables();
  try {
    const log = createLogger(settings.logLevel, 'reindex');
    const { databaseUrl } = await provideDatabases(
      { ...settings, redisUrl: settings.redisUrl ?? 'redis://127.0.0.1' },
      log,
      parts,
      say,
    );
    const result = await reindexFootage({
      footageFolder: footageFolders(settings, footage),
      databaseUrl,
      nodeId: settings.nodeId,
      beforeUs: Date.now() * 1000,
      onCamera: ({ done, cameras }) => say(`camera ${done} of ${cameras}`),
    });
    say(
      `${result.cameras} cameras: ${result.segments} segments and ${result.gaps} gaps indexed, ` +
        `${result.adopted} files taken in`,
    );
    for (const path of result.unreadable) say(`unreadable, set aside: ${path}`);
  } catch (error) {
    throw error instanceof Fault
      ? error
      : new Fault('INTERNAL', 'Reindexing failed', { cause: error });
  } finally {
    await parts.stop();
  }
}
