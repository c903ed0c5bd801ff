import { placements } from '@nigehban/domain/camera.ts';
import { viewStates } from '@nigehban/domain/view-approval.ts';
import { type TSchema, Type } from 'typebox';

/** Shapes of `domain/src/api/view-types.ts`. */

const ms = Type.Integer({ description: 'Milliseconds since the Unix epoch' });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const closed = { additionalProperties: false } as const;
const id = Type.String({ pattern: '^[0-9]{1,9}$' });

export const ReferenceViewSchema = Type.Object(
  {
    id: Type.Integer(),
    cameraId: Type.Integer(),
    cameraCode: Type.String(),
    stationCode: Type.String(),
    stationName: Type.String(),
    stationNameUr: Type.String(),
    districtCode: Type.String(),
    placement: Type.Enum(placements),
    booth: orNull(Type.Integer()),
    state: Type.Enum(viewStates),
    superseded: Type.Boolean(),
    takenAtMs: ms,
    takenBy: Type.String(),
    pictureSha256: Type.String(),
    comparable: Type.Boolean(),
    approvalsNeeded: Type.Integer({ minimum: 1, maximum: 2 }),
    approvals: Type.Array(Type.Object({ by: Type.String(), atMs: ms }, closed)),
    rejection: orNull(Type.Object({ by: Type.String(), atMs: ms, reason: Type.String() }, closed)),
    approvedViewId: orNull(Type.Integer()),
  },
  closed,
);

export const RejectViewBodySchema = Type.Object(
  { reason: Type.String({ minLength: 3, maxLength: 500 }) },
  closed,
);
export const ViewParamsSchema = Type.Object({ id, viewId: id });
export const WaitingViewsQuerySchema = Type.Object(
  {
    state: Type.Optional(Type.Literal('waiting')),
    after: Type.Optional(id),
    limit: Type.Optional(Type.String({ pattern: '^[0-9]{1,3}$' })),
  },
  closed,
);
