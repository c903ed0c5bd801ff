/** OUTAGE: something outside failed. OWN: a part of ours; its cameras are unknown, not down. */
export const incidentKinds = ['OUTAGE', 'OWN'] as const;
export type IncidentKind = (typeof incidentKinds)[number];

export const incidentCauseKinds = [
  'building',
  'feeder',
  'uplink',
  'district',
  'province',
  'media-node',
  'gateway',
  'server',
] as const;
export type IncidentCauseKind = (typeof incidentCauseKinds)[number];

/** The likeliest common cause. `key`: id of the building or node, name, district code; empty: the province. */
export interface IncidentCause {
  readonly kind: IncidentCauseKind;
  readonly key: string;
}

/** Why that cause: what was seen. */
export interface IncidentEvidence {
  /** Stations that share the cause, and how many of them went dark together at the opening. */
  readonly stations: number;
  readonly ofStations: number;
  /** From the first of them to the last. */
  readonly withinMs: number;
  /** Percent of these stations by the state of their first camera that is down: `UNREACHABLE` 98. */
  readonly states: Readonly<Record<string, number>>;
  /** Of a province: districts that are hit, of how many. */
  readonly districts: { readonly hit: number; readonly of: number } | null;
  /** Of a part of ours: what it was seen by, in one line. */
  readonly note: string | null;
}
