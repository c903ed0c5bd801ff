import { type FileHandle, open } from 'node:fs/promises';

/**
 * Appends a line, all or nothing: of a full disk that took a part of it that part is cut off again,
 * and what an earlier failure left without line end goes first. Throws the disk's own errors.
 */
export async function appendLine(
  path: string,
  line: string,
  options: { readonly durable?: boolean } = {},
): Promise<void> {
  const file = await open(path, 'a+');
  try {
    const size = await cutTornEnd(file);
    try {
      await file.appendFile(`${line}\n`);
      if (options.durable === true) await file.datasync();
    } catch (error) {
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
  } finally {
    await file.close();
  }
}

/** The file's length up to its last line end, to which it is cut. */
async function cutTornEnd(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  if (size === 0) return 0;
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  if (last[0] === 0x0a) return size;
  const whole = (await file.readFile()).lastIndexOf(0x0a) + 1;
  await file.truncate(whole);
  return whole;
}
