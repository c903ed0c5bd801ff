import { placements } from '@nigehban/domain/camera.ts';
import { cameraStateKinds } from '@nigehban/domain/camera-state.ts';
import { foldText } from '../stations/station-list.ts';
import { cameraTone, type StatusTone } from '../status/status-tone.ts';
import type { HealthRows } from './health-rows.ts';
import {
  type HealthColumn,
  type HealthPreset,
  type HealthSort,
  healthPresets,
} from './health-search.ts';

const gravity: Readonly<Record<StatusTone, number>> = {
  bad: 0,
  warn: 1,
  none: 2,
  pending: 2,
  ok: 3,
};
const gravityOfState = cameraStateKinds.map((kind) => gravity[cameraTone[kind]]);

/** Places of names in the reader's alphabet, made once for each language. */
export interface HealthRanks {
  readonly station: Int32Array;
  readonly district: Int32Array;
  readonly firmware: Int32Array;
  /** Folded names of placements, by their index in `placements`. */
  readonly placementTexts: readonly string[];
}

export function rankNames(
  rows: HealthRows,
  locale: string,
  pick: (english: string, urdu: string) => string,
  placementName: (placement: (typeof placements)[number]) => string,
): HealthRanks {
  const { compare } = new Intl.Collator(locale, { numeric: true });
  const rank = (names: readonly string[]): Int32Array => {
    const ranks = new Int32Array(names.length);
    const order = names.map((_, index) => index);
    order.sort((a, b) => compare(names[a] ?? '', names[b] ?? ''));
    let place = -1;
    order.forEach((index, position) => {
      // The same name has the same place, so that the next criterion decides.
      if (position === 0 || names[index] !== names[order[position - 1] ?? 0]) place = position;
      ranks[index] = place;
    });
    return ranks;
  };
  return {
    station: rank(rows.stations.map((one) => pick(one.name, one.nameUr))),
    district: rank(rows.stations.map((one) => pick(one.district, one.districtUr))),
    firmware: rank(rows.firmwares),
    placementTexts: placements.map((placement) => foldText(placementName(placement))),
  };
}

/** Rows of a district in which every word of the query occurs, in their own order. */
export function findRows(
  rows: HealthRows,
  ranks: HealthRanks,
  filter: { readonly district?: string | undefined; readonly q?: string | undefined },
): Int32Array {
  const { district } = filter;
  const words = foldText(filter.q ?? '')
    .split(/\s+/)
    .filter((word) => word !== '');
  const inStation = words.map((word) => rows.stationTexts.map((text) => text.includes(word)));
  const inPlacement = words.map((word) => ranks.placementTexts.map((text) => text.includes(word)));
  const inFirmware = words.map((word) => rows.firmwares.map((text) => text.includes(word)));
  const inDistrict = rows.stations.map(
    (station) => district === undefined || station.districtCode === district,
  );
  const placementOf = rows.placements.map((placement) => placements.indexOf(placement));
  const found = new Int32Array(rows.size);
  let length = 0;
  for (let row = 0; row < rows.size; row += 1) {
    const station = rows.station[row] ?? -1;
    if (inDistrict[station] !== true) continue;
    const matches = words.every(
      (word, index) =>
        inStation[index]?.[station] === true ||
        inPlacement[index]?.[placementOf[row] ?? -1] === true ||
        inFirmware[index]?.[rows.firmware[row] ?? -1] === true ||
        rows.codeTexts[row]?.includes(word) === true,
    );
    if (!matches) continue;
    found[length] = row;
    length += 1;
  }
  return found.slice(0, length);
}

/** How many of the rows answer each preset. */
export function countPresets(
  rows: HealthRows,
  found: Int32Array,
): Readonly<Record<HealthPreset, number>> {
  const counts = healthPresets.map(() => 0);
  for (const row of found) {
    const bits = rows.presets[row] ?? 0;
    for (let index = 0; index < counts.length; index += 1) {
      counts[index] = (counts[index] ?? 0) + ((bits >> index) & 1);
    }
  }
  return Object.fromEntries(
    healthPresets.map((preset, index) => [preset, counts[index] ?? 0]),
  ) as Record<HealthPreset, number>;
}

/**
 * The rows of a preset in the order of a column; without one the gravest first, the longest lost
 * before the newer. What is not known comes last either way; equals stand by their code.
 */
export function orderRows(
  rows: HealthRows,
  ranks: HealthRanks,
  found: Int32Array,
  preset: HealthPreset | undefined,
  sort: HealthSort | null,
): Int32Array {
  const bit = preset === undefined ? 0 : 1 << healthPresets.indexOf(preset);
  const order =
    preset === undefined
      ? found.slice()
      : found.filter((row) => ((rows.presets[row] ?? 0) & bit) !== 0);
  const sign = sort?.descending === true ? -1 : 1;
  const column = sort?.column ?? 'status';
  // Loops: `from` with a function costs many times the sort itself.
  const length = order.length;
  const keys = new Float64Array(length);
  const since = new Float64Array(length);
  for (let at = 0; at < length; at += 1) {
    const row = order[at] ?? 0;
    const key = keyOf(rows, ranks, row, column);
    keys[at] = Number.isNaN(key) ? Number.POSITIVE_INFINITY : sign * key;
    since[at] = rows.sinceMs[row] ?? 0;
  }
  const firsts = ranksOf(keys);
  const seconds = column === 'status' ? ranksOf(since) : null;
  // One number for each row, so that the browser's own sort needs no comparison of ours.
  const packed = new Float64Array(length);
  for (let at = 0; at < length; at += 1) {
    packed[at] =
      ((firsts[at] ?? 0) * mostRows + (seconds?.[at] ?? 0)) * mostRows + (order[at] ?? 0);
  }
  packed.sort();
  const sorted = new Int32Array(length);
  for (let at = 0; at < length; at += 1) sorted[at] = (packed[at] ?? 0) % mostRows;
  return sorted;
}

/** Three numbers below this fit into one that is exact: 2^51. */
const mostRows = 131_072;

/** The place of each value among the different values, from 0. */
function ranksOf(values: Float64Array): Int32Array {
  const sorted = values.slice().sort();
  let different = 0;
  for (let at = 0; at < sorted.length; at += 1) {
    if (at === 0 || sorted[at] !== sorted[different - 1]) {
      sorted[different] = sorted[at] ?? 0;
      different += 1;
    }
  }
  const ranks = new Int32Array(values.length);
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? 0;
    let low = 0;
    let high = different - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    ranks[at] = low;
  }
  return ranks;
}

function keyOf(rows: HealthRows, ranks: HealthRanks, row: number, column: HealthColumn): number {
  const station = rows.station[row] ?? -1;
  switch (column) {
    case 'camera':
      return row;
    case 'station':
      return ranks.station[station] ?? Number.NaN;
    case 'district':
      return ranks.district[station] ?? Number.NaN;
    case 'status': {
      const state = rows.states[row] ?? 0;
      return (gravityOfState[state] ?? 3) * 100 + state;
    }
    case 'since':
      return rows.sinceMs[row] ?? Number.NaN;
    case 'frame-rate':
      return rows.frameRateFps[row] ?? Number.NaN;
    case 'bitrate':
      return rows.bitrateKbps[row] ?? Number.NaN;
    case 'loss':
      return rows.lossPercent[row] ?? Number.NaN;
    case 'clock':
      return Math.abs(rows.clockOffsetMs[row] ?? Number.NaN);
    case 'last-seen':
      return rows.lastSeenMs[row] ?? Number.NaN;
    case 'firmware':
      return ranks.firmware[rows.firmware[row] ?? -1] ?? Number.NaN;
  }
}
