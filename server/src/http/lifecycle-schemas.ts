import { historyKinds, lifecycles } from '@nigehban/domain/api/lifecycle-types.ts';
import { placements } from '@nigehban/domain/camera.ts';
import { policyScopes } from '@nigehban/domain/camera-policy.ts';
import { viewApprovals } from '@nigehban/domain/view-approval.ts';
import { type TSchema, Type } from 'typebox';
import { FaultMessageSchema } from './schemas.ts';
import { ReferenceViewSchema } from './view-schemas.ts';

/** Shapes of `domain/src/api/lifecycle-types.ts` and `tool-types.ts`. */

const ms = Type.Integer({ description: 'Milliseconds since the Unix epoch' });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const closed = { additionalProperties: false } as const;
const text = orNull(Type.String());
const cameraId = Type.Integer({ minimum: 1, maximum: 999_999_999 });
const reason = Type.String({ minLength: 3, maxLength: 500 });
const booth = orNull(Type.Integer({ minimum: 1, maximum: 99 }));
const decimal = Type.String({ pattern: '^[0-9]{1,16}$' });
const flag = Type.Optional(Type.Literal('1'));
const short = (maxLength: number) => Type.String({ minLength: 1, maxLength });

export const AssetViewSchema = Type.Object(
  {
    id: Type.Integer(),
    code: Type.String(),
    lifecycle: Type.Enum(lifecycles),
    serial: text,
    mac: text,
    manufacturer: text,
    model: text,
    firmware: text,
    address: text,
    hasCredentials: Type.Boolean(),
    stationCode: text,
    sinceMs: ms,
  },
  closed,
);

export const AssignmentViewSchema = Type.Object(
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
    fromMs: ms,
    toMs: orNull(ms),
    approvedBy: text,
    reason: text,
    endedBy: text,
    endReason: text,
    endedHow: text,
    approval: Type.Enum(viewApprovals),
  },
  closed,
);

export const CameraHistorySchema = Type.Object(
  {
    asset: AssetViewSchema,
    assignments: Type.Array(AssignmentViewSchema),
    events: Type.Array(
      Type.Object(
        {
          id: Type.Integer(),
          atMs: ms,
          kind: Type.Enum(historyKinds),
          actor: text,
          details: Type.Record(Type.String(), Type.Unknown()),
        },
        closed,
      ),
    ),
    views: Type.Array(ReferenceViewSchema),
  },
  closed,
);

export const StationCameraAtSchema = Type.Object(
  {
    cameraId: Type.Integer(),
    cameraCode: Type.String(),
    placement: Type.Enum(placements),
    booth: orNull(Type.Integer()),
    fromMs: ms,
    toMs: orNull(ms),
  },
  closed,
);

export const SpareBodySchema = Type.Object(
  {
    code: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }),
    serial: orNull(short(128)),
    mac: orNull(short(32)),
  },
  closed,
);
export const TransferBodySchema = Type.Object(
  { stationCode: short(64), placement: Type.Enum(placements), booth, reason },
  closed,
);
export const ReplaceBodySchema = Type.Object(
  {
    replacementId: cameraId,
    replacedBecomes: Type.Union([Type.Literal('spare'), Type.Literal('retired')]),
    address: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z.:-]{1,253}$' })),
    reason,
  },
  closed,
);
export const RetireBodySchema = Type.Object(
  { becomes: Type.Union([Type.Literal('spare'), Type.Literal('retired')]), reason },
  closed,
);
export const AssetsQuerySchema = Type.Object(
  { lifecycle: Type.Optional(Type.Enum(lifecycles)) },
  closed,
);
export const AtQuerySchema = Type.Object({ atMs: decimal }, closed);
export const RangeQuerySchema = Type.Object({ fromMs: decimal, toMs: decimal }, closed);

const username = short(64);
const password = Type.String({ minLength: 1, maxLength: 128 });
export const CredentialsBodySchema = Type.Object(
  {
    username,
    password,
    cameraIds: Type.Optional(
      Type.Array(cameraId, { minItems: 1, maxItems: 5_000, uniqueItems: true }),
    ),
    stationCode: Type.Optional(short(64)),
    districtCode: Type.Optional(short(16)),
  },
  closed,
);
export const CredentialsReportSchema = Type.Object(
  { changed: Type.Integer(), unchanged: Type.Integer() },
  closed,
);
export const ResealReportSchema = Type.Object(
  {
    done: Type.Boolean(),
    resealed: Type.Integer(),
    remaining: Type.Integer(),
    lost: Type.Array(Type.String()),
  },
  closed,
);

export const PingViewSchema = Type.Object({
  ports: Type.Array(
    Type.Object({
      port: Type.Integer(),
      connectMs: orNull(Type.Number()),
      fault: orNull(FaultMessageSchema),
    }),
  ),
});
export const TimeViewSchema = Type.Object(
  { beforeMs: Type.Number(), afterMs: Type.Number() },
  closed,
);
export const RebootBodySchema = Type.Object({ confirm: Type.Literal(true) }, closed);
export const RebootViewSchema = Type.Object({ message: Type.String() }, closed);
export const TryCredentialsBodySchema = Type.Object(
  { username, password, store: Type.Boolean() },
  closed,
);
export const TryCredentialsViewSchema = Type.Object(
  { accepted: Type.Boolean(), fault: orNull(FaultMessageSchema), stored: Type.Boolean() },
  closed,
);

const encoder = Type.Object(
  {
    codec: Type.Optional(Type.Union([Type.Literal('H264'), Type.Literal('H265')])),
    widthPx: Type.Optional(Type.Integer({ minimum: 64, maximum: 8192 })),
    heightPx: Type.Optional(Type.Integer({ minimum: 64, maximum: 8192 })),
    frameRateFps: Type.Optional(Type.Number({ minimum: 1, maximum: 120 })),
    bitrateKbps: Type.Optional(Type.Integer({ minimum: 16, maximum: 100_000 })),
    keyFrameEveryFrames: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  },
  closed,
);
const policyFields = {
  ntpServer: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z.:-]{1,253}$' })),
  hostName: Type.Optional(short(128)),
  osdText: Type.Optional(short(128)),
  main: Type.Optional(encoder),
  sub: Type.Optional(encoder),
};
const shownPolicy = Type.Object({ ...policyFields, hasPassword: Type.Boolean() }, closed);
export const PolicyBodySchema = Type.Object(
  {
    scope: Type.Enum(policyScopes),
    scopeValue: Type.String({ maxLength: 128 }),
    policy: Type.Object(policyFields, closed),
    newPassword: Type.Optional(orNull(Type.String({ minLength: 8, maxLength: 128 }))),
  },
  closed,
);
export const PolicyViewSchema = Type.Object(
  {
    id: Type.Integer(),
    scope: Type.Enum(policyScopes),
    scopeValue: Type.String(),
    policy: shownPolicy,
    changedBy: Type.String(),
    changedAtMs: ms,
  },
  closed,
);
export const PolicyReportSchema = Type.Object(
  {
    cameraId: Type.Integer(),
    cameraCode: Type.String(),
    stationCode: Type.String(),
    checkedAtMs: ms,
    corrected: Type.Boolean(),
    differs: Type.Integer(),
    items: Type.Array(
      Type.Object({
        item: Type.String(),
        wanted: Type.String(),
        found: text,
        outcome: Type.String(),
        fault: orNull(FaultMessageSchema),
      }),
    ),
    fault: text,
    evidence: text,
    nextCheckAtMs: ms,
  },
  closed,
);
export const CameraPolicyViewSchema = Type.Object(
  { policy: shownPolicy, report: orNull(PolicyReportSchema), passwordPending: Type.Boolean() },
  closed,
);
export const ApplyPolicyBodySchema = Type.Object({ correct: Type.Boolean() }, closed);
export const PolicyReportsQuerySchema = Type.Object(
  { differs: flag, after: Type.Optional(decimal), limit: Type.Optional(decimal) },
  closed,
);
