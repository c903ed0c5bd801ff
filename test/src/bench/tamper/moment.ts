export const frameWidth = 640;
export const frameHeight = 360;

/** A person in the picture, in shares of the frame. */
export interface Passer {
  readonly x: number;
  readonly feet: number;
  readonly size: number;
  readonly look: number;
}

/** A thing in the picture, in shares of the frame. */
export interface Thing {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly look: number;
}

/** What is so at the moment of one picture. */
export interface Moment {
  readonly atMs: number;
  /** Infrared light instead of daylight or lamps. */
  readonly infrared: boolean;
  /** 1: well lit. */
  readonly light: number;
  readonly people: readonly Passer[];
  /** Boxes, bags and chairs that were put there after the approval. */
  readonly things: readonly Thing[];
  /** The sun in the lens: where, and how strong (0 to 1). */
  readonly glare: { readonly x: number; readonly y: number; readonly strength: number } | null;
  /** A patch of sun on wall or floor, in shares of the frame. */
  readonly sunPatch: { readonly x: number; readonly y: number; readonly size: number } | null;
  readonly rain: number;
  /** Pixels by which wind moves the camera. */
  readonly sway: { readonly x: number; readonly y: number };
  /** How the camera was turned, from where it was approved. Shift in shares of the frame. */
  readonly turned: {
    readonly x: number;
    readonly y: number;
    readonly degrees: number;
    readonly zoom: number;
  } | null;
  readonly cover: Cover | null;
  /** Standard deviation of the defocused lens, pixels. */
  readonly defocusPx: number;
}

export const ordinaryMoment: Moment = {
  atMs: 0,
  infrared: false,
  light: 1,
  people: [],
  things: [],
  glare: null,
  sunPatch: null,
  rain: 0,
  sway: { x: 0, y: 0 },
  turned: null,
  cover: null,
  defocusPx: 0,
};

/** What somebody put before the lens. `variant` makes two of a kind differ. */
export interface Cover {
  readonly kind: 'cloth' | 'hand' | 'spray';
  readonly variant: number;
}
