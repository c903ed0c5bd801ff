/**
 * What stations hang on.
 *
 *   GET    /api/supplies               SupplyListView                                 status.read
 *   PATCH  /api/stations/:code/supply  (alert-types.ts)
 */
export interface SupplyView {
  readonly name: string;
  /** Stations that hang on it. */
  readonly stations: number;
}

export interface SupplyListView {
  readonly uplinks: readonly SupplyView[];
  readonly feeders: readonly SupplyView[];
}
