import { Type } from 'typebox';

/** Shapes of what stations hang on (domain/src/api/supply-types.ts). */

const closed = { additionalProperties: false } as const;
const supplies = Type.Array(
  Type.Object({ name: Type.String(), stations: Type.Integer({ minimum: 0 }) }, closed),
);

export const SupplyListViewSchema = Type.Object({ uplinks: supplies, feeders: supplies }, closed);
