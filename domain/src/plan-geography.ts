export interface GeoPoint {
  readonly lat: number;
  readonly lon: number;
}

const earthRadiusKm = 6_371;

/** Great-circle distance in kilometres (haversine). */
export function distanceKm(a: GeoPoint, b: GeoPoint): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const lat = radians(b.lat - a.lat);
  const lon = radians(b.lon - a.lon);
  const h =
    Math.sin(lat / 2) ** 2 +
    Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(lon / 2) ** 2;
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** The province's bounding box with a margin; a tighter border would need its polygon. */
export const punjabBounds = { south: 27.6, north: 34.1, west: 69.2, east: 75.5 } as const;

export function isInPunjab({ lat, lon }: GeoPoint): boolean {
  const { south, north, west, east } = punjabBounds;
  return lat >= south && lat <= north && lon >= west && lon <= east;
}

/** The point of the median latitude and longitude: one far-off value does not move it. */
export function medianPoint(points: readonly GeoPoint[]): GeoPoint | null {
  if (points.length === 0) return null;
  const middle = (values: number[]) => {
    values.sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)] ?? 0;
  };
  return { lat: middle(points.map((one) => one.lat)), lon: middle(points.map((one) => one.lon)) };
}

/** `117-130` or `51,57-59` as a test of numbers; null when the text states no range. */
export function parseSeatRanges(text: string): readonly (readonly [number, number])[] | null {
  const ranges = text
    .split(/[,;]/)
    .map((part) => /^\s*(\d{1,3})\s*(?:[-–]\s*(\d{1,3}))?\s*$/.exec(part))
    .map((match) =>
      match === null ? null : ([Number(match[1]), Number(match[2] ?? match[1])] as const),
    );
  return ranges.length === 0 || ranges.some((range) => range === null)
    ? null
    : ranges.filter((range) => range !== null);
}

export function isInRanges(ranges: readonly (readonly [number, number])[], value: number): boolean {
  return ranges.some(([from, to]) => value >= from && value <= to);
}
