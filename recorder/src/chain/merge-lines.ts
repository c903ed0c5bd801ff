import { hashChainLine } from './chain-line.ts';

/** A numbered line as one of the volumes has it. */
export interface NumberedLine<Entry> {
  readonly text: string;
  /** Undefined when the line is unreadable. */
  readonly entry: Entry | undefined;
  readonly root: string;
  /** From 1, in the file of that volume. */
  readonly number: number;
}

type Sequenced = { readonly sequence: number; readonly previousHash: string };

/**
 * One sequence of lines out of the copies that several volumes have of it: every line once, each
 * file's own order kept, so that a copy that was put out of order stays out of order. `forks` are
 * lines that are another one elsewhere under the same number.
 */
export function mergeLines<Entry extends Sequenced>(
  files: readonly (readonly NumberedLine<Entry>[])[],
): { lines: NumberedLine<Entry>[]; forks: NumberedLine<Entry>[] } {
  const [only] = files;
  if (files.length === 1 && only !== undefined) return { lines: [...only], forks: [] };
  const lines: NumberedLine<Entry>[] = [];
  const forks: NumberedLine<Entry>[] = [];
  const at = files.map(() => 0);
  for (;;) {
    const heads = files.flatMap((file, index) => {
      const line = file[at[index] ?? 0];
      return line === undefined ? [] : [{ line, index }];
    });
    const lowest = Math.min(...heads.map(({ line }) => line.entry?.sequence ?? 0));
    const same = heads.filter(({ line }) => (line.entry?.sequence ?? 0) === lowest);
    const [first] = same;
    if (first === undefined) return { lines, forks };
    const last = lines.at(-1);
    const previousHash = last === undefined ? undefined : hashChainLine(last.text);
    const chosen =
      same.find(({ line }) => line.entry?.previousHash === previousHash)?.line ?? first.line;
    for (const { line, index } of same) {
      at[index] = (at[index] ?? 0) + 1;
      if (line !== chosen && line.text !== chosen.text) forks.push(line);
    }
    lines.push(chosen);
  }
}
