import { type FileHandle, open } from 'node:fs/promises';

export interface AppendOptions {
  readonly durable?: boolean;
  /** The file's length after our own last append, when that went well: then its end is whole. */
  readonly knownBytes?: number | undefined;
}

/**
 * Appends a line, all or nothing: of a full disk that took a part of it that part is cut off again,
 * and what an earlier failure left without line end goes first. Gives the file's length after it.
 * Throws the disk's own errors.
 */
export async function appendLine(
  path: string,
  line: string,
  { durable = false, knownBytes }: AppendOptions = {},
): Promise<number> {
  const file = await open(path, 'a+');
  try {
    const size = await cutTornEnd(file, knownBytes);
    const bytes = Buffer.from(`${line}\n`);
    try {
      await file.appendFile(bytes);
      if (durable) await file.datasync();
    } catch (error) {
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
    return size + bytes.length;
  } finally {
    await file.close();
  }
}

/** The file's length up to its last line end, to which it is cut. */
async function cutTornEnd(file: FileHandle, knownBytes: number | undefined): Promise<number> {
  const { size } = await file.stat();
  if (size === 0 || size === knownBytes) return size;
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  if (last[0] === 0x0a) return size;
  const whole = (await file.readFile()).lastIndexOf(0x0a) + 1;
  await file.truncate(whole);
  return whole;
}
