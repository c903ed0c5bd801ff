import { districtColumns, districtIssueCodes } from '@nigehban/domain/district-list.ts';
import { Type } from 'typebox';

/** Shapes of districts and of their import (domain/src/api/district-types.ts). */

const closed = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });
const text = Type.String();
const flag = Type.Optional(Type.Enum(['true', 'false'] as const));
const column = Type.Enum(districtColumns);
const district = { code: text, name: text, nameUr: text, division: text };

export const DistrictViewSchema = Type.Object(district, closed);

export const DistrictImportQuerySchema = Type.Object(
  {
    apply: flag,
    remove: flag,
    fingerprint: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  },
  closed,
);

export const DistrictImportReportSchema = Type.Object(
  {
    rows: count,
    added: Type.Array(DistrictViewSchema),
    changed: Type.Array(
      Type.Object(
        {
          code: text,
          changes: Type.Array(Type.Object({ column, before: text, after: text }, closed)),
        },
        closed,
      ),
    ),
    unchanged: count,
    unlisted: Type.Array(Type.Object({ ...district, stations: count }, closed)),
    issues: Type.Array(
      Type.Object(
        {
          row: count,
          column,
          code: Type.Enum(districtIssueCodes),
          value: text,
          message: text,
          about: text,
        },
        closed,
      ),
    ),
    fingerprint: text,
    applied: Type.Boolean(),
    removed: Type.Array(text),
  },
  closed,
);
