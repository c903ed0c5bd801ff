import {
  captionRows,
  cellPx,
  columns,
  type GreyPicture,
  pictureHeightPx,
  pictureWidthPx,
  rows,
} from './grey-picture.ts';

/**
 * What is compared of a picture. Edges are known by their direction alone, not by which side is the
 * lighter one nor by how much: that is what stays when day turns to infrared night.
 */
export interface ViewFeatures {
  /** One value a cell: 0 without an edge, else 1 to {@link directions}. */
  readonly edges: Uint8Array;
  /** Mean lightness of {@link lightColumns} × {@link lightRows} areas. */
  readonly lights: Uint8Array;
  /** Share of the cells that are drawn finely. */
  readonly detail: number;
  /** Median steepness of the edges that are strong enough to tell, 0 to 1; null when too few are. */
  readonly sharpness: number | null;
}

/** Directions of edges, without a sign: 22.5° each. */
export const directions = 8;
export const lightColumns = 16;
export const lightRows = 9;

/** Lightness over a cell that an edge spans at least. */
const edgeContrast = 3;
/** Edges stand out of their surroundings: a picture with little contrast has its edges too. */
const edgeProminence = 1.1;
/** Noise has no direction: the gradients of an edge agree. */
const edgeCoherence = 0.45;
const detailRange = 28;
const detailSteepness = 0.34;
const sharpnessRange = 36;
const minSharpCells = 24;

export function readFeatures(grey: GreyPicture): ViewFeatures {
  const energy = new Float32Array(columns * rows);
  const edges = new Uint8Array(columns * rows);
  const coherence = new Float32Array(columns * rows);
  const steepness: number[] = [];
  let detailed = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const cell = row * columns + column;
      const { gradientXx, gradientYy, gradientXy, range, step } = readCell(grey, column, row);
      const total = gradientXx + gradientYy;
      const spread = Math.hypot(gradientXx - gradientYy, 2 * gradientXy);
      energy[cell] = Math.sqrt(total) / cellPx;
      coherence[cell] = total === 0 ? 0 : spread / total;
      const angle = Math.atan2(2 * gradientXy, gradientXx - gradientYy) / (2 * Math.PI) + 0.5;
      edges[cell] = 1 + (Math.round(angle * directions) % directions);
      const isView = row >= captionRows && row < rows - captionRows;
      if (isView && range >= detailRange && step >= detailSteepness * range) detailed += 1;
      if (isView && range >= sharpnessRange) steepness.push(step / range);
    }
  }
  const around = meanAround(energy);
  for (let cell = 0; cell < edges.length; cell += 1) {
    const strength = energy[cell] ?? 0;
    const stands =
      strength >= edgeContrast &&
      strength >= edgeProminence * (around[cell] ?? 0) &&
      (coherence[cell] ?? 0) >= edgeCoherence;
    if (!stands) edges[cell] = 0;
  }
  steepness.sort((a, b) => a - b);
  return {
    edges,
    lights: readLights(grey),
    detail: detailed / (columns * (rows - 2 * captionRows)),
    sharpness: steepness.length < minSharpCells ? null : (steepness[steepness.length >> 1] ?? null),
  };
}

interface Cell {
  /** Sums of the products of the gradients (structure tensor). */
  readonly gradientXx: number;
  readonly gradientYy: number;
  readonly gradientXy: number;
  /** Lightest minus darkest sample in and around the cell, and the greatest step between neighbours. */
  readonly range: number;
  readonly step: number;
}

function readCell(grey: GreyPicture, column: number, row: number): Cell {
  const left = Math.max(1, column * cellPx);
  const top = Math.max(1, row * cellPx);
  const right = Math.min(pictureWidthPx - 1, (column + 1) * cellPx);
  const bottom = Math.min(pictureHeightPx - 1, (row + 1) * cellPx);
  let gradientXx = 0;
  let gradientYy = 0;
  let gradientXy = 0;
  let lightest = 0;
  let darkest = 255;
  let step = 0;
  for (let y = top; y < bottom; y += 1) {
    let at = y * pictureWidthPx + left;
    for (let x = left; x < right; x += 1, at += 1) {
      const here = grey[at] ?? 0;
      const west = grey[at - 1] ?? 0;
      const east = grey[at + 1] ?? 0;
      const north = grey[at - pictureWidthPx] ?? 0;
      const south = grey[at + pictureWidthPx] ?? 0;
      const gradientX = (east - west) / 2;
      const gradientY = (south - north) / 2;
      gradientXx += gradientX * gradientX;
      gradientYy += gradientY * gradientY;
      gradientXy += gradientX * gradientY;
      lightest = Math.max(lightest, here, west, east, north, south);
      darkest = Math.min(darkest, here, west, east, north, south);
      step = Math.max(step, Math.abs(east - here), Math.abs(south - here));
    }
  }
  return { gradientXx, gradientYy, gradientXy, range: lightest - darkest, step };
}

const aroundCells = 4;

/** Mean over a square of cells around each, by sums over columns and rows. */
function meanAround(values: Float32Array): Float32Array {
  const sums = new Float64Array((columns + 1) * (rows + 1));
  for (let row = 0; row < rows; row += 1) {
    let line = 0;
    for (let column = 0; column < columns; column += 1) {
      line += values[row * columns + column] ?? 0;
      const above = sums[row * (columns + 1) + column + 1] ?? 0;
      sums[(row + 1) * (columns + 1) + column + 1] = above + line;
    }
  }
  const at = (column: number, row: number): number => sums[row * (columns + 1) + column] ?? 0;
  const means = new Float32Array(values.length);
  for (let row = 0; row < rows; row += 1) {
    const top = Math.max(0, row - aroundCells);
    const bottom = Math.min(rows, row + aroundCells + 1);
    for (let column = 0; column < columns; column += 1) {
      const left = Math.max(0, column - aroundCells);
      const right = Math.min(columns, column + aroundCells + 1);
      const sum = at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
      means[row * columns + column] = sum / ((right - left) * (bottom - top));
    }
  }
  return means;
}

function readLights(grey: GreyPicture): Uint8Array {
  const width = pictureWidthPx / lightColumns;
  const height = pictureHeightPx / lightRows;
  const sums = new Uint32Array(lightColumns * lightRows);
  for (let y = 0; y < pictureHeightPx; y += 1) {
    const areaRow = Math.floor(y / height) * lightColumns;
    for (let x = 0; x < pictureWidthPx; x += 1) {
      const area = areaRow + Math.floor(x / width);
      sums[area] = (sums[area] ?? 0) + (grey[y * pictureWidthPx + x] ?? 0);
    }
  }
  return Uint8Array.from(sums, (sum) => Math.round(sum / (width * height)));
}

export interface Lightness {
  readonly mean: number;
  /** 95% of the samples stay below. */
  readonly high: number;
  /** Share of the samples that are burnt out. */
  readonly saturatedShare: number;
}

const saturatedFrom = 245;

export function readLightness(grey: GreyPicture): Lightness {
  const counts = new Uint32Array(256);
  for (const value of grey) counts[value] = (counts[value] ?? 0) + 1;
  let sum = 0;
  let seen = 0;
  let high = 255;
  let saturated = 0;
  counts.forEach((count, value) => {
    sum += count * value;
    if (seen < grey.length * 0.95) high = value;
    seen += count;
    if (value >= saturatedFrom) saturated += count;
  });
  return { mean: sum / grey.length, high, saturatedShare: saturated / grey.length };
}
