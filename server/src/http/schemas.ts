import { cameraStateKinds } from '@nigehban/domain/camera-state.ts';
import { gapCauses } from '@nigehban/domain/footage.ts';
import { exportLimits } from '@nigehban/domain/footage-export.ts';
import { viewApprovals } from '@nigehban/domain/view-approval.ts';
import { type TSchema, Type } from 'typebox';
import { alertAdditions } from './alert-schemas.ts';
import { DegradedReasonViewSchema } from './health-schemas.ts';

/** Shapes of requests (enforced) and answers (documented, and held against the answers by a test). */

const ms = Type.Integer({ description: 'Milliseconds since the Unix epoch' });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const closed = { additionalProperties: false } as const;
const literals = <const T extends readonly string[]>(values: T) => Type.Enum(values);

const cameraStateKind = literals(cameraStateKinds);
const placement = literals([
  'ENTRANCE',
  'REAR',
  'QUEUE',
  'BOOTH',
  'COUNT_TABLE',
  'RO_OFFICE',
  'STRONGROOM',
]);
const quality = literals(['main', 'sub']);
const faultCode = Type.String({ description: 'Code of the catalogue of faults' });

export const FaultMessageSchema = Type.Object({
  code: faultCode,
  message: Type.String(),
  nextAction: Type.String(),
  details: Type.Record(Type.String(), Type.Unknown()),
});

export const ErrorBodySchema = Type.Object({
  error: Type.Object({ ...FaultMessageSchema.properties, requestId: Type.String() }),
});

export const SignInBodySchema = Type.Object(
  {
    username: Type.String({ minLength: 1, maxLength: 64 }),
    password: Type.String({ minLength: 1, maxLength: 256 }),
  },
  closed,
);

export const SessionViewSchema = Type.Object({
  username: Type.String(),
  displayName: Type.String(),
  role: literals(['operator', 'supervisor', 'technician', 'administrator']),
  actions: Type.Array(Type.String()),
  expiresAtMs: ms,
  mustChangePassword: Type.Boolean(),
});

const stationFields = {
  code: Type.String(),
  name: Type.String(),
  nameUr: Type.String(),
  districtCode: Type.String(),
  district: Type.String(),
  districtUr: Type.String(),
  constituency: Type.String(),
  category: literals(['HIGHLY_SENSITIVE', 'SENSITIVE', 'NORMAL']),
  lat: orNull(Type.Number()),
  lon: orNull(Type.Number()),
  state: literals(['OK', 'PARTIAL', 'BLIND']),
  sinceMs: orNull(ms),
  cameras: Type.Integer(),
  down: Type.Integer(),
  openAlertId: orNull(Type.Integer()),
};
export const StationViewSchema = Type.Object(stationFields, closed);

const cameraFields = {
  id: Type.Integer(),
  code: Type.String(),
  stationCode: Type.String(),
  placement,
  booth: orNull(Type.Integer()),
  state: cameraStateKind,
  sinceMs: ms,
  fault: orNull(faultCode),
  lastFrameMs: orNull(ms),
  registered: Type.Boolean(),
  recording: Type.Boolean(),
  live: Type.Array(quality),
  approval: literals(viewApprovals),
};
export const CameraViewSchema = Type.Object(cameraFields, closed);

export const AlertViewSchema = Type.Object(
  {
    id: Type.Integer(),
    stationCode: Type.String(),
    stationName: Type.String(),
    stationNameUr: Type.String(),
    districtCode: Type.String(),
    kind: literals(['PARTIAL', 'BLIND', 'TAMPERED']),
    state: literals(['open', 'acknowledged', 'closed']),
    openedAtMs: ms,
    acknowledgedAtMs: orNull(ms),
    acknowledgedBy: orNull(Type.String()),
    closedAtMs: orNull(ms),
    cameras: Type.Integer(),
    down: Type.Integer(),
    lostPlacements: Type.Array(placement),
    causes: Type.Array(
      Type.Object({
        cameraId: Type.Integer(),
        cameraCode: Type.String(),
        state: cameraStateKind,
        fault: orNull(faultCode),
      }),
    ),
    version: Type.Integer(),
    ...alertAdditions,
  },
  closed,
);

export const StationDetailSchema = Type.Object(
  {
    ...stationFields,
    uplink: orNull(Type.String()),
    feeder: orNull(Type.String()),
    cameraList: Type.Array(CameraViewSchema),
    alerts: Type.Array(AlertViewSchema),
  },
  closed,
);

const identity = Type.Object({
  manufacturer: Type.String(),
  model: Type.String(),
  firmware: Type.String(),
  serial: orNull(Type.String()),
  mac: orNull(Type.String()),
});

export const CameraDetailSchema = Type.Object(
  {
    ...cameraFields,
    station: StationViewSchema,
    address: orNull(Type.String()),
    identity: orNull(identity),
    streams: Type.Array(
      Type.Object({
        quality,
        codec: Type.String(),
        widthPx: Type.Integer(),
        heightPx: Type.Integer(),
        frameRateFps: orNull(Type.Number()),
      }),
    ),
    clockOffsetMs: orNull(Type.Number()),
    evidence: orNull(Type.String()),
    nextAction: orNull(Type.String()),
    reasons: Type.Array(DegradedReasonViewSchema),
    flappingSinceMs: orNull(ms),
    counters: Type.Array(Type.Record(Type.String(), Type.Unknown())),
    history: Type.Array(
      Type.Object({
        atMs: ms,
        from: cameraStateKind,
        to: cameraStateKind,
        fault: orNull(faultCode),
        evidence: orNull(Type.String()),
      }),
    ),
  },
  closed,
);

export const CameraProbeViewSchema = Type.Object({
  identity: orNull(identity),
  clockOffsetMs: orNull(Type.Number()),
  calls: Type.Array(
    Type.Object({
      operation: Type.String(),
      durationMs: Type.Number(),
      fault: orNull(FaultMessageSchema),
    }),
  ),
  fault: orNull(FaultMessageSchema),
});

export const TimelineSchema = Type.Object({
  cameraId: Type.Integer(),
  fromMs: ms,
  toMs: ms,
  segments: Type.Array(
    Type.Object({
      startMs: Type.Number(),
      endMs: Type.Number(),
      startUs: Type.Integer(),
      codec: Type.String(),
      sizeBytes: Type.Integer(),
      open: Type.Boolean(),
    }),
  ),
  gaps: Type.Array(
    Type.Object({ startMs: Type.Number(), endMs: Type.Number(), cause: literals(gapCauses) }),
  ),
});

export const AcknowledgeBodySchema = Type.Object({ version: Type.Integer({ minimum: 1 }) }, closed);

export const DiscoveryBodySchema = Type.Object(
  {
    cidrs: Type.Array(Type.String({ pattern: '^[0-9.]{7,15}/[0-9]{1,2}$' }), { maxItems: 64 }),
    multicast: Type.Boolean(),
  },
  closed,
);

export const DiscoveryViewSchema = Type.Object({
  found: Type.Array(
    Type.Object({
      address: Type.String(),
      onvifPort: Type.Integer(),
      path: Type.String(),
      endpointReference: Type.String(),
      scopes: Type.Array(Type.String()),
      identity: orNull(identity),
      boundTo: orNull(Type.String()),
      fault: orNull(FaultMessageSchema),
    }),
  ),
});

export const PlanReportSchema = Type.Object({
  rows: Type.Integer(),
  stations: Type.Integer(),
  cameras: Type.Integer(),
  added: Type.Integer(),
  changed: Type.Integer(),
  unchanged: Type.Integer(),
  errors: Type.Array(
    Type.Object({ row: Type.Integer(), field: Type.String(), message: Type.String() }),
  ),
});

export const ExportBodySchema = Type.Object(
  {
    cameras: Type.Array(Type.Integer({ minimum: 1, maximum: 999_999_999 }), {
      minItems: 1,
      maxItems: exportLimits.cameras,
      uniqueItems: true,
    }),
    fromMs: ms,
    toMs: ms,
    reason: Type.String({ minLength: 3, maxLength: 500 }),
  },
  closed,
);

const exportState = literals(['waiting', 'running', 'done', 'failed', 'cancelled']);
export const ExportViewSchema = Type.Object(
  {
    id: Type.String(),
    state: exportState,
    progress: Type.Number({ minimum: 0, maximum: 1 }),
    requestedBy: Type.String(),
    requestedAtMs: ms,
    finishedAtMs: orNull(ms),
    reason: Type.String(),
    fromMs: ms,
    toMs: ms,
    cameras: Type.Array(
      Type.Object({
        cameraId: Type.Integer(),
        cameraCode: Type.String(),
        state: exportState,
        fault: orNull(faultCode),
        files: Type.Array(
          Type.Object({
            part: Type.Integer(),
            sizeBytes: Type.Integer(),
            sha256: Type.String(),
            startUs: Type.Integer(),
            endUs: Type.Integer(),
            codec: Type.String(),
            frames: Type.Integer(),
          }),
        ),
        gaps: Type.Array(
          Type.Object({
            startUs: Type.Integer(),
            endUs: Type.Integer(),
            cause: orNull(literals(gapCauses)),
          }),
        ),
      }),
    ),
  },
  closed,
);

const exportId = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' });
export const ExportParamsSchema = Type.Object({ id: exportId });
export const ExportFileParamsSchema = Type.Object({
  id: exportId,
  cameraId: Type.String({ pattern: '^[0-9]{1,9}$' }),
});
export const ExportFileQuerySchema = Type.Object(
  { part: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,3}$' })) },
  closed,
);

const decimal = Type.String({ pattern: '^[0-9]{1,16}$' });
export const HoldBodySchema = Type.Object(
  {
    cameraId: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
    fromMs: Type.Integer({ minimum: 0, maximum: 9_000_000_000_000 }),
    toMs: Type.Integer({ minimum: 0, maximum: 9_000_000_000_000 }),
    reason: Type.String({ minLength: 1, maxLength: 500 }),
  },
  closed,
);

export const HoldViewSchema = Type.Object(
  {
    id: Type.Integer(),
    cameraId: Type.Integer(),
    fromMs: ms,
    toMs: ms,
    reason: Type.String(),
    placedBy: Type.String(),
    placedAtMs: ms,
    releasedBy: orNull(Type.String()),
    releasedAtMs: orNull(ms),
  },
  closed,
);

export const CameraParamsSchema = Type.Object({ id: Type.String({ pattern: '^[0-9]{1,9}$' }) });
export const StationParamsSchema = Type.Object({ code: Type.String({ maxLength: 64 }) });
export const FootageParamsSchema = Type.Object({
  id: Type.String({ pattern: '^[0-9]{1,9}$' }),
  startUs: decimal,
});
/** Also what is withheld because another camera may have been there; recorded. */
const doubtedQuery = Type.Optional(Type.Literal('1'));
export const FootageQuerySchema = Type.Object(
  { media: Type.Optional(Type.Literal('video')), doubted: doubtedQuery },
  closed,
);
export const TimelineQuerySchema = Type.Object(
  { fromMs: decimal, toMs: decimal, doubted: doubtedQuery },
  closed,
);
const mediaQuery = Type.Optional(Type.Literal('video'));
export const PlaylistQuerySchema = Type.Object(
  { fromMs: decimal, toMs: decimal, media: mediaQuery },
  closed,
);
export const StreamQuerySchema = Type.Object(
  {
    ...{ fromMs: decimal, toMs: decimal, media: mediaQuery, doubted: doubtedQuery },
    codec: Type.Optional(Type.Literal('h264')),
  },
  closed,
);
export const StillQuerySchema = Type.Object({ atMs: decimal, doubted: doubtedQuery }, closed);
export const PlaylistPieceQuerySchema = Type.Object(
  { atUs: decimal, bytes: decimal, media: mediaQuery },
  closed,
);
export const AlertsQuerySchema = Type.Object(
  {
    state: Type.Optional(literals(['open', 'closed'])),
    before: Type.Optional(Type.String({ pattern: '^[0-9]{1,9}$' })),
    incident: Type.Optional(Type.String({ pattern: '^[0-9]{1,9}$' })),
    rank: Type.Optional(Type.Literal('worst')),
    limit: Type.Optional(Type.String({ pattern: '^[0-9]{1,4}$' })),
  },
  closed,
);

/** A route's answer with those that every route can give besides. */
export function answers(ok: TSchema | null): Record<string, TSchema> {
  return {
    ...(ok === null ? {} : { 200: ok }),
    '4xx': ErrorBodySchema,
    '5xx': ErrorBodySchema,
  };
}
