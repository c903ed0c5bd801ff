import { frameHeight, frameWidth } from './moment.ts';

/** Three by five squares a character, rows from the top, most significant bit at the left. */
const glyphs: Readonly<Record<string, readonly number[]>> = {
  '0': [7, 5, 5, 5, 7],
  '1': [2, 6, 2, 2, 7],
  '2': [7, 1, 7, 4, 7],
  '3': [7, 1, 7, 1, 7],
  '4': [5, 5, 7, 1, 1],
  '5': [7, 4, 7, 1, 7],
  '6': [7, 4, 7, 5, 7],
  '7': [7, 1, 2, 2, 2],
  '8': [7, 5, 7, 5, 7],
  '9': [7, 5, 7, 1, 7],
  ':': [0, 2, 0, 2, 0],
  '-': [0, 0, 7, 0, 0],
  G: [7, 4, 5, 5, 7],
  E: [7, 4, 7, 4, 7],
  P: [7, 5, 7, 4, 4],
  S: [7, 4, 7, 1, 7],
};

/** Burns date and time into the top and the name into the bottom, as cameras do. */
export function paintCaption(frame: Buffer, atMs: number, name: string): void {
  const clock = new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
  paintText(frame, clock, 12, 8);
  paintText(frame, name, 12, frameHeight - 20);
}

function paintText(frame: Buffer, text: string, left: number, top: number): void {
  [...text].forEach((character, index) => {
    const glyph = glyphs[character] ?? [];
    glyph.forEach((bits, row) => {
      for (let column = 0; column < 3; column += 1) {
        if (((bits >> (2 - column)) & 1) === 0) continue;
        const x = left + index * 8 + column * 2;
        const y = top + row * 2;
        fill(frame, x + 1, y + 1, 10);
        fill(frame, x, y, 245);
      }
    });
  });
}

function fill(frame: Buffer, left: number, top: number, value: number): void {
  for (let y = top; y < top + 2; y += 1) {
    const at = (y * frameWidth + left) * 3;
    frame.fill(value, at, at + 6);
  }
}
