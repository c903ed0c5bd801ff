import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './disk-fault.ts';

/**
 * Makes the folder of a camera's hour, `<root>/<camera>/<day>/<hour>`. Nothing is made in the empty folder
 * that an unmounted disk leaves behind, whenever it goes: there the camera's own folder is missing, and
 * only after `assertThere` is that one made. Throws the disk's errors and those of `assertThere`.
 */
export async function makeHourFolder(
  folder: string,
  assertThere: () => Promise<void>,
): Promise<void> {
  const day = dirname(folder);
  try {
    await makeOne(day);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await assertThere();
    await mkdir(day, { recursive: true });
  }
  await makeOne(folder);
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
