/** `GET /api/districts` → DistrictView[], in the order of their names (status.read). */
export interface DistrictView {
  readonly code: string;
  readonly name: string;
  readonly nameUr: string;
  readonly division: string;
}
