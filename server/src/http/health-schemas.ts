import { downtimeCauses } from '@nigehban/domain/availability.ts';
import { degradedReasonKinds } from '@nigehban/domain/camera-health.ts';
import { cameraStateKinds } from '@nigehban/domain/camera-state.ts';
import { viewVerdicts } from '@nigehban/domain/watch-orders.ts';
import { type TSchema, Type } from 'typebox';

/** Shapes of the health API (domain/src/api/health-types.ts). */

const ms = Type.Integer({ description: 'Milliseconds since the Unix epoch' });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const closed = { additionalProperties: false } as const;
const stateKind = Type.Enum(cameraStateKinds);
const faultCode = Type.String({ description: 'Code of the catalogue of faults' });
const decimal = Type.String({ pattern: '^[0-9]{1,16}$' });
const numbers = Type.Array(Type.Number());
const numbersOrNull = Type.Array(orNull(Type.Number()));

export const HealthQuerySchema = Type.Object(
  {
    state: Type.Optional(
      Type.String({ maxLength: 200, description: 'One state or several, with commas' }),
    ),
    district: Type.Optional(Type.String({ maxLength: 16 })),
    station: Type.Optional(Type.String({ maxLength: 64 })),
  },
  closed,
);

export const HealthTableSchema = Type.Object(
  {
    nowMs: ms,
    states: Type.Array(stateKind),
    reasonKinds: Type.Array(Type.Enum(degradedReasonKinds)),
    stations: Type.Array(Type.String()),
    districts: Type.Array(Type.String()),
    faults: Type.Array(faultCode),
    firmwares: Type.Array(Type.String()),
    counts: numbers,
    cameras: Type.Object(
      {
        id: numbers,
        code: Type.Array(Type.String()),
        placement: Type.Array(Type.String()),
        station: numbers,
        district: numbers,
        state: numbers,
        reasons: numbers,
        sinceMs: numbers,
        fault: numbers,
        frameRateFps: numbersOrNull,
        bitrateKbps: numbersOrNull,
        lossPercent: numbersOrNull,
        clockOffsetMs: numbersOrNull,
        lastSeenMs: numbersOrNull,
        flapping: numbers,
        registered: numbers,
        recording: numbers,
        firmware: numbers,
      },
      closed,
    ),
  },
  closed,
);

export const DegradedReasonViewSchema = Type.Object(
  {
    kind: Type.Enum(degradedReasonKinds),
    fault: faultCode,
    sinceMs: ms,
    evidence: Type.String(),
    nextAction: Type.String(),
  },
  closed,
);

export const CameraHealthViewSchema = Type.Object(
  {
    cameraId: Type.Integer(),
    state: stateKind,
    sinceMs: ms,
    fault: orNull(faultCode),
    evidence: orNull(Type.String()),
    nextAction: orNull(Type.String()),
    reasons: Type.Array(DegradedReasonViewSchema),
    watchedBy: Type.Enum(['stream', 'sweep']),
    sweep: orNull(Type.Object({ atMs: ms, answers: Type.Boolean() }, closed)),
    view: orNull(
      Type.Object(
        { verdict: Type.Enum(viewVerdicts), sinceMs: ms, evidence: Type.String() },
        closed,
      ),
    ),
    tamper: orNull(Type.Object({ sinceMs: ms, evidence: Type.String() }, closed)),
    flapping: orNull(Type.Object({ sinceMs: ms, breaks: Type.Integer() }, closed)),
    lastSeenMs: orNull(ms),
    measure: orNull(Type.Record(Type.String(), Type.Unknown())),
  },
  closed,
);

export const StatesQuerySchema = Type.Object(
  {
    before: Type.Optional(decimal),
    limit: Type.Optional(Type.String({ pattern: '^[0-9]{1,4}$' })),
  },
  closed,
);

export const CameraTransitionsSchema = Type.Array(
  Type.Object(
    {
      atMs: ms,
      from: stateKind,
      to: stateKind,
      fault: orNull(faultCode),
      evidence: orNull(Type.String()),
    },
    closed,
  ),
);

export const AvailabilityQuerySchema = Type.Object({ fromMs: decimal, toMs: decimal }, closed);

const sumFields = {
  fromMs: ms,
  toMs: ms,
  upMs: Type.Number(),
  downMs: Type.Number(),
  oursMs: Type.Number(),
  unknownMs: Type.Number(),
  downByCauseMs: Type.Record(Type.Enum(downtimeCauses), Type.Number()),
  impairedMs: Type.Number(),
  outages: Type.Integer(),
  availabilityPercent: orNull(Type.Number({ minimum: 0, maximum: 100 })),
};

export const CameraAvailabilitySchema = Type.Object(
  {
    ...sumFields,
    cameraId: Type.Integer(),
    upSinceMs: orNull(ms),
    days: Type.Array(Type.Object(sumFields, closed)),
    intervals: Type.Array(
      Type.Object(
        {
          fromMs: ms,
          toMs: ms,
          verdict: Type.Enum(['up', 'down', 'ours', 'unknown']),
          cause: orNull(Type.Enum(downtimeCauses)),
          state: stateKind,
          fault: orNull(faultCode),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const WatchPolicySchema = Type.Object(
  {
    sweepEveryMs: Type.Integer({ minimum: 5_000, maximum: 600_000 }),
    viewEveryMs: Type.Integer({
      minimum: 0,
      maximum: 3_600_000,
      description: '0: no pictures are taken',
    }),
  },
  closed,
);
