/** Why cameras are expected to be dark for a while. */
export const expectedDarkKinds = [
  'load-shedding',
  'network-cut',
  'maintenance',
  'silence',
] as const;
export type ExpectedDarkKind = (typeof expectedDarkKinds)[number];

/** Which stations: `key` is a district's or station's code, a feeder's or uplink's name, a building's id. */
export const expectedDarkScopes = [
  'province',
  'district',
  'uplink',
  'feeder',
  'building',
  'station',
] as const;
export interface ExpectedDarkScope {
  readonly kind: (typeof expectedDarkScopes)[number];
  /** Empty for the province. */
  readonly key: string;
}

export interface ExpectedDark {
  readonly id: number;
  readonly kind: ExpectedDarkKind;
  readonly scope: ExpectedDarkScope;
  readonly startsAtMs: number;
  readonly endsAtMs: number;
}

/** What decides whether a span of expected darkness is about a station. */
export interface StationPlace {
  readonly stationCode: string;
  readonly districtCode: string;
  readonly buildingId: number | null;
  readonly uplink: string | null;
  readonly feeder: string | null;
}

export function isWithinScope(scope: ExpectedDarkScope, place: StationPlace): boolean {
  switch (scope.kind) {
    case 'province':
      return true;
    case 'district':
      return scope.key === place.districtCode;
    case 'uplink':
      return scope.key === place.uplink;
    case 'feeder':
      return scope.key === place.feeder;
    case 'building':
      return place.buildingId !== null && scope.key === String(place.buildingId);
    case 'station':
      return scope.key === place.stationCode;
  }
}

/** The span that explains a station's darkness now: of several the one that ends last, then the oldest. */
export function expectedAt(
  spans: readonly ExpectedDark[],
  place: StationPlace,
  nowMs: number,
): ExpectedDark | null {
  const inForce = spans.filter(
    (span) => span.startsAtMs <= nowMs && span.endsAtMs > nowMs && isWithinScope(span.scope, place),
  );
  return inForce.sort((a, b) => b.endsAtMs - a.endsAtMs || a.id - b.id)[0] ?? null;
}
