import { type Random, seededRandom } from './canvas.ts';
import { type Moment, ordinaryMoment, type Passer, type Thing } from './moment.ts';
import type { SceneKind } from './polling-scenes.ts';

export const minutesADay = 1_440;
const minuteMs = 60_000;
/** 8 February 2027, Pakistan time. */
const dayStartMs = Date.UTC(2027, 1, 7, 19);

/** What may be mistaken for tampering at a minute of the day. */
export const nuisances = [
  'quiet',
  'people',
  'crowd',
  'close-passer',
  'glare',
  'night',
  'night-switch',
  'power-cut',
  'rain',
  'flicker',
] as const;
export type Nuisance = (typeof nuisances)[number];

export interface PollingDay {
  at(minute: number): { readonly moment: Moment; readonly nuisance: Nuisance };
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly seed: number;
}

/** A day of one camera, from midnight: voting from 8 to 17, counting after it. */
export function createPollingDay(kind: SceneKind, seed: number): PollingDay {
  const random = seededRandom(seed ^ 0x5eed);
  const outdoor = kind === 'gate';
  const spans = (count: number, from: number, to: number, shortest: number, longest: number) =>
    Array.from({ length: count }, (): Span => {
      const start = Math.floor(from + random() * (to - from));
      const length = Math.round(shortest + random() * (longest - shortest));
      return { from: start, to: start + length, seed: Math.floor(random() * 1e6) };
    });
  const crowds = [...spans(3, 450, 1_000, 8, 35), ...spans(1, 1_020, 1_300, 10, 40)];
  const closePassers = spans(10, 430, 1_320, 1, 2);
  const standing = spans(3, 480, 1_200, 2, 3);
  const powerCuts = outdoor ? [] : spans(2, 1_080, 1_300, 12, 40);
  const rains = outdoor ? spans(2, 300, 1_400, 25, 70) : [];
  const headlights = outdoor ? spans(8, 1_120, 1_430, 1, 2) : [];
  const flickers = outdoor ? [] : spans(2, 420, 1_200, 15, 30);
  const sun = outdoor
    ? spans(1, 425, 450, 30, 55).map((span) => ({ ...span, x: random(), y: random() * 0.35 }))
    : [];
  const lampsAllNight = !outdoor && random() < 0.4;
  const things = placeThings(random, kind === 'count-table' ? 14 : 5);
  const clouds = Array.from({ length: 26 }, () => 0.72 + random() * 0.4);

  return {
    at(minute) {
      const own = seededRandom(seed * 2_003 + minute);
      const within = (list: readonly Span[]): Span | undefined =>
        list.find((span) => minute >= span.from && minute < span.to);
      const cut = within(powerCuts);
      const daylight = ramp(minute, 370, 410) * (1 - ramp(minute, 1_060, 1_090));
      const lamps = lampsAllNight || (minute >= 360 && minute < 1_245);
      const infrared = outdoor ? daylight < 0.18 : cut !== undefined || (!lamps && daylight < 0.18);
      const cloud = clouds[Math.floor(minute / 60) + 1] ?? 1;
      const flicker = within(flickers) !== undefined;
      const lampLight =
        (0.86 + 0.1 * daylight) * (flicker ? 0.6 + 0.45 * own() : 0.97 + 0.06 * own());
      const light = infrared ? 0.85 + 0.1 * own() : outdoor ? daylight * cloud : lampLight;
      const crowd = within(crowds);
      const close = within(closePassers);
      const stands = within(standing);
      const rain = within(rains);
      const beam = within(headlights);
      const low = sun.find((span) => minute >= span.from && minute < span.to);
      const open = minute >= 420 && minute < 1_320;
      const people = [
        ...passers(own, open ? Math.floor(own() * 4) : own() < 0.05 ? 1 : 0),
        ...(crowd === undefined ? [] : crowdAt(crowd, minute, own)),
        ...(close === undefined ? [] : [near(own, 1.7 + 0.7 * own())]),
        ...(stands === undefined ? [] : [near(seededRandom(stands.seed), 1.5)]),
      ];
      const nuisance: Nuisance =
        low !== undefined || beam !== undefined
          ? 'glare'
          : cut !== undefined
            ? 'power-cut'
            : crowd !== undefined
              ? 'crowd'
              : close !== undefined || stands !== undefined
                ? 'close-passer'
                : rain !== undefined
                  ? 'rain'
                  : flicker
                    ? 'flicker'
                    : nightSwitch(outdoor, lampsAllNight, minute)
                      ? 'night-switch'
                      : infrared
                        ? 'night'
                        : people.length > 0
                          ? 'people'
                          : 'quiet';
      const wind = outdoor ? 3 : 0.6;
      return {
        nuisance,
        moment: {
          ...ordinaryMoment,
          atMs: dayStartMs + minute * minuteMs,
          infrared,
          light,
          people,
          things: things.filter((thing) => minute >= thing.from && minute < thing.to),
          glare:
            low !== undefined
              ? {
                  x: low.x,
                  y: low.y,
                  strength:
                    0.5 + 0.5 * Math.sin(((minute - low.from) / (low.to - low.from)) * Math.PI),
                }
              : beam !== undefined
                ? { x: 0.3 + 0.4 * own(), y: 0.6, strength: 0.7 + 0.3 * own() }
                : null,
          sunPatch:
            !outdoor && minute > 540 && minute < 900
              ? { x: 0.1 + ((minute - 540) / 360) * 0.6, y: 0.7, size: 0.12 }
              : null,
          rain: rain === undefined ? 0 : 0.4 + 0.6 * own(),
          sway: { x: (own() - 0.5) * 2 * wind, y: (own() - 0.5) * wind },
        },
      };
    },
  };
}

/** The picture that two people approved: the afternoon before, somebody still at work. */
export function approvalMoment(kind: SceneKind, seed: number): Moment {
  const random = seededRandom(seed ^ 0xa11);
  return {
    ...ordinaryMoment,
    atMs: dayStartMs - 9 * 60 * minuteMs,
    light: kind === 'gate' ? 0.95 : 0.9,
    people: passers(random, Math.floor(random() * 3)),
    sway: { x: random() - 0.5, y: random() - 0.5 },
  };
}

/** From 0 to 1 between two minutes. */
function ramp(minute: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (minute - from) / (to - from)));
}

function nightSwitch(outdoor: boolean, lampsAllNight: boolean, minute: number): boolean {
  const at = outdoor ? [378, 1_084] : lampsAllNight ? [] : [360, 1_245];
  return at.some((moment) => Math.abs(minute - moment) <= 12);
}

function passers(random: Random, count: number): Passer[] {
  return Array.from({ length: count }, () => {
    const size = 0.4 + random() * 0.4;
    return { x: random(), feet: 0.6 + size * 0.5, size, look: Math.floor(random() * 7) };
  });
}

/** People who stand in line: every few minutes each goes one place forward. */
function crowdAt(span: Span, minute: number, own: Random): Passer[] {
  const places = seededRandom(span.seed);
  const count = 5 + Math.floor(places() * 6);
  const served = Math.floor((minute - span.from) / (1 + Math.floor(places() * 3)));
  return Array.from({ length: count }, (_, index) => {
    const person = seededRandom(span.seed + index + served);
    const size = 0.7 + person() * 0.45;
    return {
      x: (index + person()) / count + (own() - 0.5) * 0.06,
      feet: 0.72 + size * 0.42 + person() * 0.1,
      size: size * (0.97 + own() * 0.06),
      look: Math.floor(person() * 7),
    };
  });
}

/** Somebody right before the camera: head and shoulders fill a good part of the picture. */
function near(random: Random, size: number): Passer {
  return { x: 0.2 + random() * 0.6, feet: 0.2 + size * 0.9, size, look: Math.floor(random() * 7) };
}

function placeThings(random: Random, count: number): (Thing & Span)[] {
  return Array.from({ length: count }, () => {
    const from = 400 + Math.floor(random() * 700);
    const size = 0.04 + random() * 0.1;
    return {
      x: random() * 0.9,
      y: 0.45 + random() * 0.4,
      width: size,
      height: size * (0.8 + random() * 0.6),
      look: Math.floor(random() * 7),
      from,
      to: from + 60 + Math.floor(random() * 600),
      seed: 0,
    };
  });
}
