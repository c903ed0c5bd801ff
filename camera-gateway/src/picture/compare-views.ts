import type { ViewComparison } from '@nigehban/domain/view-check.ts';
import { captionRows, columns, rows } from './grey-picture.ts';
import { directions, type ViewFeatures } from './view-features.ts';

/** A reference picture made ready to be compared with many. */
export interface ReferenceView {
  readonly features: ViewFeatures;
  readonly edges: EdgePlaces;
  /** Edges in each part of the view. */
  readonly partSizes: readonly number[];
}

/** The cells with an edge: where, which direction, and in which part of the view. */
interface EdgePlaces {
  readonly count: number;
  readonly column: Int16Array;
  readonly row: Int16Array;
  readonly direction: Uint8Array;
  readonly part: Uint8Array;
}

const partColumns = 8;
const partRows = 4;
const parts = partColumns * partRows;
const minPartEdges = 5;
const minParts = 4;
/** A part stands when this share of its edges is found. */
const partMatch = 0.5;
/** Cells that a camera may give way: wind, settling, a thumb's touch. */
const slackCells = 2;
/** Below this match it is worth looking whether the view has shifted. */
const searchBelow = 0.75;
/** Below this share of standing parts it is looked for with all patience. */
const searchWellBelow = 0.45;
/** Edges that must be inside the picture for a view found elsewhere. */
const minOverlap = 0.4;

/** Null when the reference shows too little (a bare wall) to tell anything by. */
export function prepareReference(features: ViewFeatures): ReferenceView | null {
  const edges = {
    count: 0,
    column: new Int16Array(columns * rows),
    row: new Int16Array(columns * rows),
    direction: new Uint8Array(columns * rows),
    part: new Uint8Array(columns * rows),
  };
  const partSizes = new Array<number>(parts).fill(0);
  const viewRows = rows - 2 * captionRows;
  for (let row = captionRows; row < rows - captionRows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const direction = features.edges[row * columns + column] ?? 0;
      if (direction === 0) continue;
      const part =
        Math.floor(((row - captionRows) * partRows) / viewRows) * partColumns +
        Math.floor((column * partColumns) / columns);
      edges.column[edges.count] = column;
      edges.row[edges.count] = row;
      edges.direction[edges.count] = direction;
      edges.part[edges.count] = part;
      edges.count += 1;
      partSizes[part] = (partSizes[part] ?? 0) + 1;
    }
  }
  if (partSizes.filter((size) => size >= minPartEdges).length < minParts) return null;
  return { features, edges, partSizes };
}

/**
 * How much of the reference is in the picture, and where. `before` are the edges of the picture
 * before this one, by which a view that stands still is told from one full of people.
 */
export function compareViews(
  reference: ReferenceView,
  picture: ViewFeatures,
  before: Uint8Array | null,
): ViewComparison {
  const { match, column, row } = bestNear(reference, picture.edges);
  const anchored = anchoredShare(reference, picture.edges, column, row);
  const elsewhere =
    match < searchBelow
      ? searchElsewhere(reference, picture.edges, anchored < searchWellBelow)
      : { match: 0, shift: '' };
  const { sharpness } = reference.features;
  return {
    match,
    anchoredShare: anchored,
    shiftedMatch: elsewhere.match,
    shift: elsewhere.shift,
    detailRatio: picture.detail / Math.max(0.01, reference.features.detail),
    sharpnessRatio:
      sharpness === null || picture.sharpness === null ? null : picture.sharpness / sharpness,
    steadiness:
      before === null || anchored >= searchWellBelow ? null : foundAgain(before, picture.edges),
    likeness: correlation(reference.features.lights, picture.lights),
  };
}

/** Share of a picture's edges that are found again in another, wind allowed for. */
function foundAgain(before: Uint8Array, now: Uint8Array): number {
  let best = 0;
  for (let row = -1; row <= 1; row += 1) {
    for (let column = -1; column <= 1; column += 1) {
      best = Math.max(best, foundAgainAt(before, now, row * columns + column));
    }
  }
  return best;
}

function foundAgainAt(before: Uint8Array, now: Uint8Array, offset: number): number {
  let edges = 0;
  let again = 0;
  for (let cell = captionRows * columns; cell < (rows - captionRows) * columns; cell += 1) {
    const direction = before[cell] ?? 0;
    if (direction === 0) continue;
    edges += 1;
    again += agreements[(direction << 4) | (now[cell + offset] ?? 0)] ?? 0;
  }
  return edges === 0 ? 0 : again / edges;
}

/** How well a direction agrees with another: neighbours count a little less. */
function agreement(one: number, other: number): number {
  if (other === 0) return 0;
  const apart = Math.abs(one - other);
  const turn = Math.min(apart, directions - apart);
  return turn === 0 ? 1 : turn === 1 ? 0.6 : 0;
}

const agreements = Float32Array.from({ length: 16 * 16 }, (_, pair) =>
  agreement(pair >> 4, pair & 15),
);

function bestNear(
  reference: ReferenceView,
  edges: Uint8Array,
): { match: number; column: number; row: number } {
  let best = { match: -1, column: 0, row: 0 };
  for (let row = -slackCells; row <= slackCells; row += 1) {
    for (let column = -slackCells; column <= slackCells; column += 1) {
      const match = matchAt(reference, edges, column, row);
      if (match > best.match) best = { match, column, row };
    }
  }
  return best;
}

function matchAt(
  reference: ReferenceView,
  edges: Uint8Array,
  shiftColumns: number,
  shiftRows: number,
): number {
  const own = reference.edges;
  let inside = 0;
  let agreed = 0;
  for (let place = 0; place < own.count; place += 1) {
    const column = (own.column[place] ?? 0) + shiftColumns;
    const row = (own.row[place] ?? 0) + shiftRows;
    if (column < 0 || column >= columns || row < captionRows || row >= rows - captionRows) continue;
    inside += 1;
    const pair = ((own.direction[place] ?? 0) << 4) | (edges[row * columns + column] ?? 0);
    agreed += agreements[pair] ?? 0;
  }
  return inside < minOverlap * own.count ? 0 : agreed / inside;
}

function anchoredShare(
  reference: ReferenceView,
  edges: Uint8Array,
  shiftColumns: number,
  shiftRows: number,
): number {
  const own = reference.edges;
  const agreed = new Float32Array(parts);
  for (let place = 0; place < own.count; place += 1) {
    const column = (own.column[place] ?? 0) + shiftColumns;
    const row = (own.row[place] ?? 0) + shiftRows;
    if (column < 0 || column >= columns || row < 0 || row >= rows) continue;
    const pair = ((own.direction[place] ?? 0) << 4) | (edges[row * columns + column] ?? 0);
    const part = own.part[place] ?? 0;
    agreed[part] = (agreed[part] ?? 0) + (agreements[pair] ?? 0);
  }
  let counted = 0;
  let standing = 0;
  reference.partSizes.forEach((size, part) => {
    if (size < minPartEdges) return;
    counted += 1;
    if ((agreed[part] ?? 0) >= partMatch * size) standing += 1;
  });
  return standing / counted;
}

interface Elsewhere {
  readonly match: number;
  readonly shift: string;
}

const reachColumns = 22;
const reachRows = 12;
/** Turned and zoomed views are looked for around the middle only. */
const turnedReach = 6;
const transforms = [-20, -14, -8, 8, 14, 20]
  .map((degrees) => ({ degrees, zoom: 1 }))
  .concat([0.68, 0.76, 0.86, 1.16, 1.3, 1.45, 1.65, 1.85].map((zoom) => ({ degrees: 0, zoom })));

function searchElsewhere(
  reference: ReferenceView,
  edges: Uint8Array,
  thorough: boolean,
): Elsewhere {
  const shifted = searchShifted(reference, edges);
  return thorough ? searchTurned(reference, edges, shifted) : shifted;
}

/** Every other cell first, then what is around the best. */
function searchShifted(reference: ReferenceView, edges: Uint8Array): Elsewhere {
  let best = { match: 0, column: 0, row: 0 };
  const look = (column: number, row: number): void => {
    if (Math.abs(row) <= slackCells && Math.abs(column) <= slackCells) return;
    const match = matchAt(reference, edges, column, row);
    if (match > best.match) best = { match, column, row };
  };
  for (let row = -reachRows; row <= reachRows; row += 2) {
    for (let column = -reachColumns; column <= reachColumns; column += 2) look(column, row);
  }
  const { column: middle, row: level } = best;
  for (let row = level - 1; row <= level + 1; row += 1) {
    for (let column = middle - 1; column <= middle + 1; column += 1) look(column, row);
  }
  return { match: best.match, shift: describeShift(best.column, best.row) };
}

function searchTurned(reference: ReferenceView, edges: Uint8Array, shifted: Elsewhere): Elsewhere {
  let best = shifted;
  for (const { degrees, zoom } of transforms) {
    const changed = transformed(reference, degrees, zoom);
    for (let row = -turnedReach; row <= turnedReach; row += 2) {
      for (let column = -turnedReach; column <= turnedReach; column += 2) {
        const match = matchAt(changed, edges, column, row);
        if (match <= best.match) continue;
        const how = zoom === 1 ? `turned by ${degrees}°` : `zoomed ${zoom}×`;
        best = { match, shift: how };
      }
    }
  }
  return best;
}

/** The reference as a camera would see it that was turned about its axis, or zoomed. */
function transformed(reference: ReferenceView, degrees: number, zoom: number): ReferenceView {
  const radians = (degrees * Math.PI) / 180;
  const cosine = Math.cos(radians) * zoom;
  const sine = Math.sin(radians) * zoom;
  const turn = Math.round((degrees / 180) * directions);
  const own = reference.edges;
  const column = new Int16Array(own.count);
  const row = new Int16Array(own.count);
  const direction = new Uint8Array(own.count);
  for (let place = 0; place < own.count; place += 1) {
    const x = (own.column[place] ?? 0) + 0.5 - columns / 2;
    const y = (own.row[place] ?? 0) + 0.5 - rows / 2;
    column[place] = Math.floor(x * cosine - y * sine + columns / 2);
    row[place] = Math.floor(x * sine + y * cosine + rows / 2);
    const turned = ((own.direction[place] ?? 1) - 1 + turn) % directions;
    direction[place] = ((turned + directions) % directions) + 1;
  }
  return { ...reference, edges: { ...own, column, row, direction } };
}

function describeShift(shiftColumns: number, shiftRows: number): string {
  const across = Math.round((Math.abs(shiftColumns) / columns) * 100);
  const along = Math.round((Math.abs(shiftRows) / rows) * 100);
  const words: string[] = [];
  if (across > 0) words.push(`${across}% to the ${shiftColumns < 0 ? 'left' : 'right'}`);
  if (along > 0) words.push(`${along}% ${shiftRows < 0 ? 'up' : 'down'}`);
  return words.join(' and ');
}

/** Pearson's correlation; 0 when one of the two is even. */
function correlation(one: Uint8Array, other: Uint8Array): number {
  const mean = (values: Uint8Array): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanOne = mean(one);
  const meanOther = mean(other);
  let both = 0;
  let squareOne = 0;
  let squareOther = 0;
  one.forEach((value, index) => {
    const a = value - meanOne;
    const b = (other[index] ?? 0) - meanOther;
    both += a * b;
    squareOne += a * a;
    squareOther += b * b;
  });
  // A difference of a step or two is noise of the encoder.
  if (squareOne < one.length || squareOther < other.length) return 0;
  return both / Math.sqrt(squareOne * squareOther);
}
