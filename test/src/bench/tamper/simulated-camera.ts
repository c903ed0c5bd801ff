import sharp from 'sharp';
import { Canvas, type Random, seededRandom } from './canvas.ts';
import { paintCaption } from './caption.ts';
import { paintCover } from './covers.ts';
import { frameHeight, frameWidth, type Moment } from './moment.ts';
import {
  paintPerson,
  paintPlace,
  paintThing,
  type SceneKind,
  worldHeight,
  worldWidth,
} from './polling-scenes.ts';

export interface SimulatedCamera {
  readonly kind: SceneKind;
  readonly seed: number;
  picture(moment: Moment): Promise<Buffer>;
}

const noiseLength = 65_521;

/** A camera at a place of its own, with its own lens, sensor and encoder. */
export function createSimulatedCamera(kind: SceneKind, seed: number): SimulatedCamera {
  const random = seededRandom(seed);
  const place = paintPlace(kind, random);
  const world = new Canvas(worldWidth, worldHeight);
  const frame = Buffer.alloc(frameWidth * frameHeight * 3);
  const infraredReach = 0.55 + random() * 0.5;
  const quality = Math.round(45 + random() * 35);
  const sensorNoise = 2 + random() * 2;
  const lensPx = 0.5 + random() * 0.5;
  const noise = Float32Array.from(
    { length: noiseLength },
    () => (random() + random() + random() + random() - 2) * 1.7,
  );
  return {
    kind,
    seed,
    async picture(moment) {
      const own = seededRandom(seed * 7_919 + Math.floor(moment.atMs / 1_000));
      world.words.set(place.words);
      for (const thing of moment.things) {
        const [x, y] = toWorld(thing.x, thing.y);
        const width = (thing.width * frameWidth) / worldWidth;
        const height = (thing.height * frameHeight) / worldHeight;
        paintThing(world, { x, y, width, height, look: thing.look });
      }
      for (const person of moment.people) {
        const [x, y] = toWorld(person.x, person.feet);
        paintPerson(world, x, y, (person.size * frameHeight) / worldHeight, person.look);
      }
      expose(world, frame, moment, infraredReach);
      if (moment.rain > 0) paintRain(frame, moment.rain, own, moment.infrared);
      if (moment.glare !== null) paintGlare(frame, moment.glare);
      if (moment.cover !== null) await paintCover(frame, moment, moment.cover, seed);
      const raw = { width: frameWidth, height: frameHeight, channels: 3 as const };
      const seen = await sharp(frame, { raw })
        .blur(Math.max(lensPx, moment.defocusPx))
        .raw()
        .toBuffer();
      addNoise(
        seen,
        noise,
        own,
        sensorNoise * (moment.infrared ? 2.2 : moment.light < 0.5 ? 1.7 : 1),
      );
      paintCaption(seen, moment.atMs, `GE24-PS${seed}`);
      return sharp(seen, { raw }).jpeg({ quality }).toBuffer();
    },
  };
}

function toWorld(x: number, y: number): [number, number] {
  return [
    0.5 + ((x - 0.5) * frameWidth) / worldWidth,
    0.5 + ((y - 0.5) * frameHeight) / worldHeight,
  ];
}

/** Light on surfaces, through the lens, onto the sensor. */
function expose(world: Canvas, frame: Buffer, moment: Moment, infraredReach: number): void {
  const { turned, sunPatch, sway, infrared, light } = moment;
  const radians = ((turned?.degrees ?? 0) * Math.PI) / 180;
  const zoom = turned?.zoom ?? 1;
  const cosine = Math.cos(radians) / zoom;
  const sine = Math.sin(radians) / zoom;
  const shiftX = worldWidth / 2 + sway.x + (turned?.x ?? 0) * frameWidth;
  const shiftY = worldHeight / 2 + sway.y + (turned?.y ?? 0) * frameHeight;
  let at = 0;
  for (let row = 0; row < frameHeight; row += 1) {
    const y = row - frameHeight / 2;
    for (let column = 0; column < frameWidth; column += 1) {
      const x = column - frameWidth / 2;
      const worldX = Math.round(x * cosine + y * sine + shiftX);
      const worldY = Math.round(y * cosine - x * sine + shiftY);
      // What lies beyond the painted world is its mirror image.
      const word =
        world.words[mirror(worldY, worldHeight) * worldWidth + mirror(worldX, worldWidth)] ?? 0;
      const away = (x * x) / (frameWidth * frameWidth) + (y * y) / (frameHeight * frameHeight);
      if (infrared) {
        const lit = infraredReach * Math.max(0.1, 1.25 - 2.2 * away) * light;
        const value = Math.min(255, 9 + (word & 255) * lit);
        frame[at] = value;
        frame[at + 1] = value;
        frame[at + 2] = value;
      } else {
        let gain = light * (1.04 - 0.35 * away);
        if (sunPatch !== null) {
          const inX = column / frameWidth - sunPatch.x - (row / frameHeight - sunPatch.y) * 0.4;
          const inY = row / frameHeight - sunPatch.y;
          if (Math.abs(inX) < sunPatch.size && Math.abs(inY) < sunPatch.size) gain *= 1.6;
        }
        frame[at] = Math.min(255, 4 + (word >>> 24) * gain);
        frame[at + 1] = Math.min(255, 4 + ((word >>> 16) & 255) * gain);
        frame[at + 2] = Math.min(255, 4 + ((word >>> 8) & 255) * gain);
      }
      at += 3;
    }
  }
}

function mirror(value: number, size: number): number {
  const inside = ((value % (2 * size)) + 2 * size) % (2 * size);
  return inside < size ? inside : 2 * size - 1 - inside;
}

/** A burnt-out disc, rays, and a veil over everything. */
function paintGlare(frame: Buffer, glare: { x: number; y: number; strength: number }): void {
  let at = 0;
  for (let row = 0; row < frameHeight; row += 1) {
    const y = row / frameHeight - glare.y;
    for (let column = 0; column < frameWidth; column += 1) {
      const x = (column / frameWidth - glare.x) * 1.6;
      const away = Math.sqrt(x * x + y * y);
      const ray = 1 + 0.25 * Math.cos(8 * Math.atan2(y, x));
      const light = glare.strength * (70 + (34 * ray) / (away + 0.1));
      const left = 1 - 0.35 * glare.strength;
      for (let channel = 0; channel < 3; channel += 1, at += 1) {
        frame[at] = Math.min(255, (frame[at] ?? 0) * left + light);
      }
    }
  }
}

function paintRain(frame: Buffer, amount: number, random: Random, infrared: boolean): void {
  const light = infrared ? 80 : 26;
  for (let drop = 0; drop < amount * 420; drop += 1) {
    let x = Math.floor(random() * frameWidth);
    const top = Math.floor(random() * frameHeight);
    const length = 6 + random() * 22;
    for (let step = 0; step < length && top + step < frameHeight; step += 1) {
      if (step % 5 === 4) x += 1;
      const at = ((top + step) * frameWidth + Math.min(x, frameWidth - 1)) * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        frame[at + channel] = Math.min(255, (frame[at + channel] ?? 0) + light);
      }
    }
  }
}

function addNoise(frame: Buffer, noise: Float32Array, random: Random, amount: number): void {
  let at = Math.floor(random() * noiseLength);
  for (let sample = 0; sample < frame.length; sample += 3) {
    at = at + 1 === noiseLength ? 0 : at + 1;
    const grain = (noise[at] ?? 0) * amount;
    for (let channel = 0; channel < 3; channel += 1) {
      const value = (frame[sample + channel] ?? 0) + grain;
      frame[sample + channel] = Math.max(0, Math.min(255, value));
    }
  }
}
