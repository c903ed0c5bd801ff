import type { FleetPlacement } from '../fleet-plan.ts';
import { frameCodeOf, frameCodeSide } from './frame-code.ts';
import { type Colour, colour, Picture } from './picture.ts';

/** What a simulated camera sees. `seed` varies the colours and people between stations. */
export interface Scene {
  readonly view: FleetPlacement;
  readonly light: 'day' | 'night';
  readonly seed: number;
}

const white = colour(245, 245, 245);
const black = colour(8, 8, 8);
const wood = colour(134, 88, 52);
const darkWood = colour(92, 58, 34);
const walls = [colour(205, 214, 196), colour(214, 203, 178), colour(189, 205, 214)];
const clothes = [
  colour(236, 232, 222),
  colour(70, 92, 130),
  colour(140, 62, 70),
  colour(60, 110, 84),
  colour(112, 104, 96),
  colour(190, 160, 90),
];
const skin = colour(178, 128, 92);
const hair = colour(34, 28, 26);

function pick(colours: readonly Colour[], index: number): Colour {
  return colours[((index % colours.length) + colours.length) % colours.length] ?? white;
}

function paintRoom(picture: Picture, seed: number): void {
  const wall = pick(walls, seed);
  picture.gradient(0, 0.56, { ...wall, y: wall.y - 30 }, wall);
  picture.gradient(0.56, 0.44, colour(120, 112, 102), colour(168, 158, 146));
  picture.box(0, 0.54, 1, 0.025, colour(110, 100, 90));
}

function paintEntrance(picture: Picture, seed: number): void {
  const wall = pick(walls, seed);
  picture.gradient(0, 0.3, colour(150, 190, 225), colour(205, 222, 235));
  picture.gradient(0.3, 0.7, colour(176, 160, 132), colour(150, 132, 104));
  picture.box(0.05, 0.18, 0.9, 0.42, wall);
  picture.box(0.05, 0.15, 0.9, 0.05, colour(120, 70, 56));
  picture.box(0.42, 0.28, 0.16, 0.32, darkWood);
  picture.box(0.435, 0.3, 0.13, 0.3, colour(52, 46, 42));
  picture.box(0.36, 0.2, 0.28, 0.06, colour(24, 92, 54));
  for (const x of [0.1, 0.22, 0.68, 0.8]) {
    picture.box(x, 0.3, 0.09, 0.14, colour(86, 112, 128));
    picture.box(x + 0.043, 0.3, 0.004, 0.14, white);
  }
  picture.quad([0.44, 0.56, 0.6], [0.3, 0.7, 1], colour(186, 176, 158));
}

function paintBooth(picture: Picture, seed: number): void {
  paintRoom(picture, seed);
  picture.box(0.06, 0.16, 0.16, 0.24, colour(176, 206, 226));
  picture.box(0.138, 0.16, 0.005, 0.24, white);
  picture.box(0.3, 0.14, 0.26, 0.2, colour(36, 66, 50));
  picture.box(0.66, 0.34, 0.2, 0.3, colour(225, 222, 212));
  picture.box(0.755, 0.34, 0.004, 0.3, colour(150, 146, 138));
  picture.quad([0.16, 0.52, 0.66], [0.1, 0.56, 0.76], wood);
  picture.box(0.1, 0.76, 0.46, 0.13, darkWood);
  picture.quad([0.34, 0.44, 0.55], [0.335, 0.445, 0.69], colour(206, 222, 226));
  picture.box(0.36, 0.565, 0.06, 0.008, black);
  picture.box(0.345, 0.62, 0.09, 0.03, colour(24, 110, 60));
}

function paintCountTable(picture: Picture, seed: number): void {
  paintRoom(picture, seed);
  picture.box(0.64, 0.1, 0.24, 0.3, colour(36, 66, 50));
  picture.box(0.12, 0.12, 0.13, 0.42, darkWood);
  picture.disc(0.47, 0.17, 0.07, white);
  picture.box(0.4695, 0.12, 0.002, 0.05, black);
}

function paintCountDesk(picture: Picture): void {
  picture.quad([0.2, 0.8, 0.62], [0.08, 0.92, 0.88], wood);
  picture.box(0.08, 0.88, 0.84, 0.05, darkWood);
  for (let pile = 0; pile < 6; pile += 1) {
    const x = 0.24 + pile * 0.09;
    picture.quad([x, x + 0.05, 0.68], [x - 0.006, x + 0.054, 0.74], white);
    picture.box(x - 0.006, 0.74, 0.06, 0.012 + 0.008 * (pile % 3), colour(198, 194, 184));
  }
  picture.quad([0.72, 0.8, 0.58], [0.715, 0.805, 0.7], colour(206, 222, 226));
}

function paintPerson(picture: Picture, x: number, feet: number, size: number, dress: Colour): void {
  const shoulder = size * 0.13;
  picture.quad(
    [x - shoulder * 0.55, x + shoulder * 0.55, feet - size * 0.78],
    [x - shoulder * 0.72, x + shoulder * 0.72, feet - size * 0.1],
    dress,
  );
  picture.box(x - shoulder * 0.5, feet - size * 0.1, shoulder * 0.35, size * 0.1, hair);
  picture.box(x + shoulder * 0.15, feet - size * 0.1, shoulder * 0.35, size * 0.1, hair);
  picture.disc(x, feet - size * 0.88, size * 0.085, hair, 0.95);
  picture.disc(x, feet - size * 0.865, size * 0.07, skin, 0.85);
}

/** People who walk or work; all movement is periodic in `share` (0 to 1), so that a loop closes. */
function paintPeople(picture: Picture, scene: Scene, share: number): void {
  const turn = share * 2 * Math.PI;
  const { view, seed } = scene;
  if (view === 'ENTRANCE') {
    for (let person = 0; person < 3; person += 1) {
      const walked = (share + person * 0.31 + seed * 0.07) % 1;
      const size = 0.3 + walked * 0.3;
      const sway = 0.16 * Math.sin(person * 2.1 + walked * 3) * walked;
      paintPerson(picture, 0.5 + sway, 0.6 + walked * 0.38, size, pick(clothes, seed + person));
    }
  } else if (view === 'BOOTH') {
    paintPerson(picture, 0.2, 0.7, 0.42, pick(clothes, seed + 1));
    paintPerson(picture, 0.6 + 0.2 * Math.sin(turn), 0.94, 0.56, pick(clothes, seed + 2));
    paintPerson(picture, 0.88 + 0.03 * Math.sin(turn * 2), 0.9, 0.52, pick(clothes, seed + 3));
    picture.disc(0.39 + 0.03 * Math.sin(turn * 3), 0.555, 0.018, skin);
  } else {
    for (let person = 0; person < 4; person += 1) {
      const lean = 0.012 * Math.sin(turn * 2 + person * 1.7);
      paintPerson(picture, 0.26 + person * 0.16 + lean, 0.72, 0.4, pick(clothes, seed + person));
    }
    paintCountDesk(picture);
    const hand = 0.3 + 0.4 * (0.5 + 0.5 * Math.sin(turn * 2));
    picture.box(hand, 0.7, 0.04, 0.03, white);
    picture.disc(hand + 0.02, 0.7, 0.02, skin);
  }
}

function paintFrameCode(picture: Picture, frameIndex: number): void {
  const side = frameCodeSide(picture.width) / picture.width;
  const height = frameCodeSide(picture.width) / picture.height;
  frameCodeOf(frameIndex).forEach((isWhite, square) => {
    picture.box(square * side, 0, side, height, isWhite ? white : black);
  });
}

/** Infrared night: no colour, dark edges, sensor noise that is different in every frame. */
function turnToNight(picture: Picture, shades: Uint8Array, noise: Int8Array, shift: number): void {
  const { luma } = picture;
  for (let index = 0; index < luma.length; index += 1) {
    const value =
      16 +
      (((luma[index] ?? 0) * (shades[index] ?? 0)) >> 8) +
      (noise[(index + shift) % noise.length] ?? 0);
    luma[index] = Math.max(16, Math.min(235, value));
  }
  picture.bytes.fill(128, luma.length);
}

function nightShades(width: number, height: number): Uint8Array {
  const shades = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const x = column / width - 0.5;
      const y = row / height - 0.6;
      shades[row * width + column] = Math.max(30, 165 - 380 * (x * x + y * y));
    }
  }
  return shades;
}

/** A small deterministic generator (xorshift32), so that the same recipe gives the same picture. */
function pseudoRandom(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

/**
 * Paints a scene's loop, one yuv420p picture after another; each call of the returned function
 * gives the bytes of that frame, valid until the next call.
 */
export function scenePainter(
  scene: Scene,
  width: number,
  height: number,
  frameCount: number,
): (frameIndex: number) => Buffer {
  const background = new Picture(width, height);
  if (scene.view === 'ENTRANCE') paintEntrance(background, scene.seed);
  else if (scene.view === 'BOOTH') paintBooth(background, scene.seed);
  else paintCountTable(background, scene.seed);

  const night = scene.light === 'night';
  const random = pseudoRandom(scene.seed + 7);
  const shades = night ? nightShades(width, height) : new Uint8Array(0);
  const noise = Int8Array.from({ length: night ? 65_521 : 0 }, () =>
    Math.round((random() + random() + random() - 1.5) * 8),
  );
  const picture = new Picture(width, height);
  return (frameIndex) => {
    background.bytes.copy(picture.bytes);
    paintPeople(picture, scene, frameIndex / frameCount);
    if (night) turnToNight(picture, shades, noise, Math.floor(random() * noise.length));
    paintFrameCode(picture, frameIndex);
    return picture.bytes;
  };
}
