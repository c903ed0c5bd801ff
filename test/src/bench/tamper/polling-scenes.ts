import { Canvas, type Random, type Surface, surface } from './canvas.ts';

export const sceneKinds = ['room', 'gate', 'count-table', 'corridor'] as const;
export type SceneKind = (typeof sceneKinds)[number];

/** The world around a camera is half as large again as what it sees, so that it can be turned. */
export const worldWidth = 960;
export const worldHeight = 540;

const white = surface(238, 238, 232, 225);
const black = surface(16, 16, 18, 30);
const wood = surface(128, 84, 50, 140);
const darkWood = surface(84, 52, 32, 110);
const paper = surface(242, 240, 228, 215);
const foliage = surface(62, 104, 48, 200);

function between(random: Random, from: number, to: number): number {
  return from + (to - from) * random();
}

function tinted(random: Random, light: number, spread: number): Surface {
  const part = (): number => light + (random() - 0.5) * spread;
  return surface(part(), part(), part(), light * between(random, 0.7, 1.1));
}

/** Paints what never moves of one place. Two seeds are two places. */
export function paintPlace(kind: SceneKind, random: Random): Canvas {
  const canvas = new Canvas(worldWidth, worldHeight);
  if (kind === 'gate') paintGate(canvas, random);
  else if (kind === 'corridor') paintCorridor(canvas, random);
  else if (kind === 'count-table') paintCountTable(canvas, random);
  else paintRoom(canvas, random);
  canvas.roughen(random, 0.09);
  return canvas;
}

function paintWalls(canvas: Canvas, random: Random, floorAt: number): void {
  const wall = tinted(random, between(random, 150, 215), 40);
  canvas.gradient(0, floorAt, tinted(random, 140, 30), wall);
  // The lower part of walls in schools is painted darker.
  canvas.box(0, floorAt - 0.16, 1, 0.16, tinted(random, between(random, 90, 140), 60));
  canvas.gradient(floorAt, 1 - floorAt, surface(110, 104, 96), surface(152, 144, 132));
  for (let line = 1; line < 6; line += 1) {
    const y = floorAt + ((1 - floorAt) * line * line) / 36;
    canvas.box(0, y, 1, 0.004, surface(92, 86, 80));
  }
  for (let line = -4; line <= 4; line += 1) {
    const top = 0.5 + line * 0.1;
    const bottom = 0.5 + line * 0.34;
    canvas.quad([top, top + 0.002, floorAt], [bottom, bottom + 0.006, 1], surface(94, 88, 82));
  }
}

function paintWindow(canvas: Canvas, x: number, y: number, width: number, height: number): void {
  canvas.box(x - 0.012, y - 0.016, width + 0.024, height + 0.032, darkWood);
  canvas.box(x, y, width, height, surface(196, 220, 236, 26));
  for (let bar = 1; bar < 6; bar += 1) {
    canvas.box(x + (width * bar) / 6, y, 0.004, height, surface(70, 72, 76));
  }
  canvas.box(x, y + height / 2, width, 0.008, darkWood);
}

function paintPosters(canvas: Canvas, random: Random, count: number, low: number): void {
  for (let poster = 0; poster < count; poster += 1) {
    const x = between(random, 0.03, 0.92);
    const y = between(random, 0.1, low);
    const width = between(random, 0.03, 0.075);
    const height = between(random, 0.06, 0.13);
    canvas.box(x, y, width, height, random() < 0.6 ? paper : tinted(random, 130, 160));
    for (let line = 0; line < 5; line += 1) {
      const inset = width * between(random, 0.08, 0.3);
      const fill = random() < 0.7 ? surface(60, 60, 66) : tinted(random, 110, 150);
      canvas.box(x + width * 0.08, y + height * (0.12 + line * 0.17), width - inset, 0.008, fill);
    }
  }
}

function paintTable(canvas: Canvas, x: number, y: number, width: number, depth: number): void {
  canvas.quad([x, x + width, y], [x - depth * 0.35, x + width + depth * 0.35, y + depth], wood);
  canvas.box(x - depth * 0.35, y + depth, width + depth * 0.7, 0.03, darkWood);
  canvas.box(x - depth * 0.3, y + depth, 0.014, 0.2, darkWood);
  canvas.box(x + width + depth * 0.25, y + depth, 0.014, 0.2, darkWood);
}

function paintBallotBox(canvas: Canvas, x: number, y: number, size: number): void {
  canvas.quad(
    [x, x + size, y],
    [x - size * 0.04, x + size * 1.04, y + size * 1.1],
    surface(198, 216, 220, 180),
  );
  canvas.box(x - size * 0.05, y - size * 0.1, size * 1.1, size * 0.18, surface(28, 108, 62, 150));
  canvas.box(x + size * 0.3, y - size * 0.06, size * 0.4, size * 0.04, black);
  canvas.box(x + size * 0.2, y + size * 0.45, size * 0.6, size * 0.3, paper);
}

function paintChair(canvas: Canvas, x: number, y: number, size: number, fill: Surface): void {
  canvas.box(x, y, size * 0.5, size * 0.5, fill);
  canvas.box(x + size * 0.08, y + size * 0.1, size * 0.34, size * 0.1, darkWood);
  canvas.box(x, y + size * 0.5, size * 0.06, size * 0.5, black);
  canvas.box(x + size * 0.44, y + size * 0.5, size * 0.06, size * 0.5, black);
}

function paintRoom(canvas: Canvas, random: Random): void {
  paintWalls(canvas, random, between(random, 0.5, 0.58));
  paintWindow(canvas, between(random, 0.04, 0.2), 0.16, between(random, 0.1, 0.16), 0.22);
  const door = between(random, 0.72, 0.86);
  canvas.box(door, 0.18, 0.1, 0.42, tinted(random, 95, 60));
  canvas.box(door + 0.01, 0.2, 0.08, 0.17, tinted(random, 120, 50));
  canvas.box(door + 0.084, 0.4, 0.006, 0.02, white);
  canvas.box(
    between(random, 0.36, 0.46),
    0.17,
    between(random, 0.18, 0.26),
    0.17,
    surface(34, 62, 48, 60),
  );
  canvas.box(between(random, 0.2, 0.6), 0.07, 0.14, 0.014, white);
  paintPosters(canvas, random, 6, 0.3);
  paintTable(canvas, between(random, 0.2, 0.34), 0.56, 0.26, 0.13);
  paintBallotBox(canvas, between(random, 0.4, 0.5), 0.5, 0.07);
  canvas.box(between(random, 0.58, 0.64), 0.44, 0.12, 0.2, surface(214, 206, 190, 190));
  for (let chair = 0; chair < 4; chair += 1) {
    const fill = tinted(random, 110, 120);
    paintChair(canvas, between(random, 0.05, 0.9), between(random, 0.62, 0.78), 0.15, fill);
  }
}

function paintGate(canvas: Canvas, random: Random): void {
  canvas.gradient(0, 0.34, surface(140, 178, 214, 12), surface(206, 218, 226, 18));
  const horizon = between(random, 0.34, 0.4);
  canvas.gradient(horizon, 1 - horizon, surface(150, 134, 108, 90), surface(172, 154, 126, 170));
  for (let tree = 0; tree < 4; tree += 1) {
    const x = between(random, 0.02, 0.98);
    canvas.box(x, horizon - 0.12, 0.012, 0.14, darkWood);
    for (let leaf = 0; leaf < 14; leaf += 1) {
      const size = between(random, 0.02, 0.05);
      const fill = surface(
        foliage.red * between(random, 0.6, 1.3),
        foliage.green * between(random, 0.6, 1.3),
        44,
        between(random, 60, 150),
      );
      canvas.disc(
        x + between(random, -0.05, 0.06),
        horizon - 0.12 - between(random, 0, 0.12),
        size,
        fill,
      );
    }
  }
  const wall = tinted(random, between(random, 150, 200), 50);
  const left = between(random, 0.08, 0.2);
  canvas.box(left, 0.2, 0.8 - left, 0.34, wall);
  canvas.box(left - 0.01, 0.17, 0.82 - left, 0.035, tinted(random, 110, 70));
  for (let bay = 0; bay < 5; bay += 1) {
    if (random() < 0.8) paintWindow(canvas, left + 0.03 + bay * 0.11, 0.27, 0.06, 0.12);
  }
  canvas.box(0.4, 0.215, 0.2, 0.04, surface(22, 92, 52, 70));
  for (let letter = 0; letter < 12; letter += 1) {
    if (random() < 0.85) canvas.box(0.41 + letter * 0.015, 0.224, 0.008, 0.02, white);
  }
  canvas.box(0, 0.42, 0.36, 0.2, tinted(random, 165, 40));
  canvas.box(0.64, 0.42, 0.36, 0.2, tinted(random, 165, 40));
  for (const x of [0.34, 0.62]) {
    canvas.box(x, 0.34, 0.045, 0.32, tinted(random, 140, 40));
    canvas.box(x - 0.008, 0.32, 0.061, 0.03, white);
  }
  for (let bar = 0; bar < 6; bar += 1) canvas.box(0.31 - bar * 0.02, 0.44, 0.005, 0.24, black);
  canvas.quad([0.4, 0.61, 0.62], [0.2, 0.84, 1], surface(186, 176, 160, 180));
  canvas.box(between(random, 0.76, 0.95), 0.02, 0.012, 0.62, surface(96, 92, 88));
  canvas.quad([0, 1, 0.1], [0, 1, 0.105], surface(60, 60, 64));
  const parked = between(random, 0.1, 0.26);
  canvas.disc(parked, 0.78, 0.04, black);
  canvas.disc(parked + 0.09, 0.78, 0.04, black);
  canvas.quad(
    [parked + 0.02, parked + 0.07, 0.7],
    [parked, parked + 0.09, 0.77],
    tinted(random, 100, 160),
  );
}

function paintCountTable(canvas: Canvas, random: Random): void {
  paintWalls(canvas, random, 0.4);
  canvas.box(between(random, 0.06, 0.2), 0.06, 0.14, 0.36, darkWood);
  paintWindow(canvas, between(random, 0.62, 0.74), 0.08, 0.16, 0.2);
  paintPosters(canvas, random, 5, 0.2);
  paintTable(canvas, 0.24, 0.46, 0.52, 0.3);
  for (let pile = 0; pile < 12; pile += 1) {
    const x = between(random, 0.24, 0.7);
    const y = between(random, 0.47, 0.7);
    const size = between(random, 0.03, 0.06);
    canvas.box(x, y, size, size * 0.9, paper);
    canvas.box(x, y + size * 0.9, size, 0.012, surface(170, 164, 150));
  }
  paintBallotBox(canvas, between(random, 0.3, 0.6), 0.4, 0.1);
  for (let chair = 0; chair < 3; chair += 1) {
    paintChair(
      canvas,
      between(random, 0.04, 0.9),
      between(random, 0.7, 0.8),
      0.2,
      tinted(random, 100, 130),
    );
  }
}

function paintCorridor(canvas: Canvas, random: Random): void {
  const wall = tinted(random, between(random, 150, 205), 30);
  canvas.gradient(0, 1, tinted(random, 190, 20), wall);
  const end = between(random, 0.44, 0.56);
  canvas.quad([end - 0.1, end + 0.1, 0.6], [0.05, 0.95, 1], surface(140, 132, 122, 130));
  canvas.quad([0.1, 0.9, 0], [end - 0.1, end + 0.1, 0.3], surface(206, 204, 198, 160));
  canvas.box(end - 0.1, 0.3, 0.2, 0.3, tinted(random, 150, 40));
  paintWindow(canvas, end - 0.05, 0.34, 0.1, 0.16);
  for (let door = 0; door < 3; door += 1) {
    const away = 0.1 + door * 0.11;
    const size = 0.55 - door * 0.14;
    const fill = tinted(random, between(random, 80, 130), 60);
    canvas.box(away, 0.58 - size * 0.55, 0.075 - door * 0.014, size, fill);
    canvas.box(0.9 - away, 0.58 - size * 0.55, 0.075 - door * 0.014, size, fill);
    canvas.box(away + 0.01, 0.54 - size * 0.5, 0.03, 0.05, paper);
  }
  paintPosters(canvas, random, 7, 0.34);
  for (let light = 0; light < 3; light += 1) {
    canvas.box(end - 0.03 - light * 0.02, 0.26 - light * 0.09, 0.06 + light * 0.04, 0.012, white);
  }
  for (let post = 0; post < 5; post += 1) {
    const y = 0.62 + post * 0.07;
    canvas.box(0.58 + post * 0.05, y, 0.008 + post * 0.001, 0.14, surface(180, 150, 60, 120));
  }
  canvas.quad([0.58, 0.584, 0.64], [0.8, 0.81, 0.94], surface(150, 30, 40, 110));
}

const clothes: readonly Surface[] = [
  surface(232, 228, 218, 215),
  surface(70, 92, 130, 190),
  surface(140, 62, 70, 200),
  surface(60, 110, 84, 120),
  surface(112, 104, 96, 90),
  surface(190, 160, 90, 205),
  surface(30, 30, 34, 150),
];
const skin = surface(176, 126, 92, 190);
const hair = surface(32, 27, 25, 70);

/** A person standing with the feet at `feet`; `size` is a share of the picture's height. */
export function paintPerson(
  canvas: Canvas,
  x: number,
  feet: number,
  size: number,
  look: number,
): void {
  const dress = clothes[look % clothes.length] ?? skin;
  const wide = size * 0.15;
  canvas.quad(
    [x - wide * 0.8, x + wide * 0.8, feet - size * 0.78],
    [x - wide * 0.9, x + wide * 0.9, feet - size * 0.08],
    dress,
  );
  canvas.box(x - wide * 0.05, feet - size * 0.7, wide * 0.1, size * 0.5, hair);
  canvas.box(x - wide * 1.05, feet - size * 0.74, wide * 0.26, size * 0.34, dress);
  canvas.box(x + wide * 0.8, feet - size * 0.74, wide * 0.26, size * 0.34, dress);
  canvas.disc(x, feet - size * 0.89, size * 0.085, hair, 0.95);
  canvas.disc(x, feet - size * 0.865, size * 0.07, skin, 0.85);
}

/** A box or bag that somebody put down. */
export function paintThing(
  canvas: Canvas,
  place: { x: number; y: number; width: number; height: number; look: number },
): void {
  const fill = clothes[place.look % clothes.length] ?? paper;
  canvas.box(place.x, place.y, place.width, place.height, fill);
  canvas.box(place.x, place.y, place.width, place.height * 0.14, darkWood);
}
