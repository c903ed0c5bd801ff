import type { ViewVerdict } from '@nigehban/domain/watch-orders.ts';
import { type Random, seededRandom } from './canvas.ts';
import type { Moment } from './moment.ts';

export const tamperingKinds = [
  'cloth',
  'hand',
  'spray',
  'shifted',
  'rotated',
  'turned-away',
  'zoomed',
  'defocused',
  'dark',
  'frozen',
] as const;
export type TamperingKind = (typeof tamperingKinds)[number];

/** Which verdict names it rightly; any other but WELL is an alarm of the wrong kind. */
export const rightVerdicts: Readonly<Record<TamperingKind, readonly ViewVerdict[]>> = {
  cloth: ['COVERED', 'DARK'],
  hand: ['COVERED', 'DARK'],
  spray: ['COVERED', 'DARK'],
  shifted: ['MOVED'],
  rotated: ['MOVED'],
  'turned-away': ['MOVED'],
  zoomed: ['MOVED'],
  defocused: ['BLURRED'],
  dark: ['DARK'],
  frozen: ['FROZEN'],
};

/** Does to the view what `kind` says, the same way for all moments of one seed. */
export function createTampering(kind: TamperingKind, seed: number): (moment: Moment) => Moment {
  const random = seededRandom(seed * 13 + tamperingKinds.indexOf(kind));
  const sign = (): number => (random() < 0.5 ? -1 : 1);
  const turned = { x: 0, y: 0, degrees: 0, zoom: 1 };
  switch (kind) {
    case 'cloth':
    case 'hand':
    case 'spray': {
      const cover = { kind, variant: Math.floor(random() * 1e6) };
      return (moment) => ({ ...moment, cover });
    }
    case 'shifted': {
      const shift = shiftOf(random, 0.12, 0.35);
      return (moment) => ({ ...moment, turned: { ...turned, ...shift } });
    }
    case 'rotated': {
      const degrees = sign() * (10 + random() * 25);
      return (moment) => ({ ...moment, turned: { ...turned, degrees } });
    }
    case 'turned-away': {
      const away = { x: sign() * (0.6 + random() * 0.6), y: sign() * (0.2 + random() * 0.4) };
      const degrees = 10 * random();
      return (moment) => ({ ...moment, turned: { ...turned, ...away, degrees } });
    }
    case 'zoomed': {
      const zoom = random() < 0.6 ? 1.3 + random() * 0.6 : 0.68 + random() * 0.1;
      return (moment) => ({ ...moment, turned: { ...turned, zoom } });
    }
    case 'defocused': {
      const defocusPx = 4 + random() * 7;
      return (moment) => ({ ...moment, defocusPx });
    }
    case 'dark':
      return (moment) => ({ ...moment, infrared: false, light: 0.03 + random() * 0.03 });
    case 'frozen':
      return (moment) => moment;
  }
}

function shiftOf(random: Random, from: number, to: number): { x: number; y: number } {
  const length = from + random() * (to - from);
  const angle = random() * 2 * Math.PI;
  return { x: length * Math.cos(angle), y: length * Math.sin(angle) };
}
