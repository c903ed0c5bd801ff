import { pollPhases } from '@nigehban/domain/election-phase.ts';
import { type TSchema, Type } from 'typebox';

/** Shapes of elections and their clocks (domain/src/api/election-types.ts). */

const closed = { additionalProperties: false } as const;
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const phase = Type.Unsafe<(typeof pollPhases)[number]>(Type.Enum(pollPhases));
const instant = Type.Integer({ minimum: 0, maximum: 9_000_000_000_000 });
const version = Type.Integer({ minimum: 1 });
const districtCode = Type.String({ minLength: 1, maxLength: 16 });

const election = {
  name: Type.String({ minLength: 1, maxLength: 120 }),
  nameUr: Type.String({ maxLength: 120 }),
  districtCodes: orNull(Type.Array(districtCode, { minItems: 1, maxItems: 200 })),
  entries: Type.Array(
    Type.Object({ districtCode: orNull(districtCode), phase, startsAtMs: instant }, closed),
    { maxItems: 2_000 },
  ),
};

export const ElectionBodySchema = Type.Object(election, closed);
export const ElectionChangeSchema = Type.Object({ ...election, version }, closed);
export const ElectionParamsSchema = Type.Object(
  { id: Type.String({ pattern: '^[1-9][0-9]{0,8}$' }) },
  closed,
);
export const ElectionRemovalSchema = Type.Object(
  { version: Type.String({ pattern: '^[1-9][0-9]{0,8}$' }) },
  closed,
);
export const PhasesViewSchema = Type.Object(
  {
    elections: Type.Array(Type.Object({ ...election, id: Type.Integer(), version }, closed)),
    districts: Type.Array(
      Type.Object(
        {
          districtCode: Type.String(),
          phase,
          sinceMs: orNull(instant),
          electionId: orNull(Type.Integer()),
          nextPhase: orNull(phase),
          nextAtMs: orNull(instant),
        },
        closed,
      ),
    ),
  },
  closed,
);
