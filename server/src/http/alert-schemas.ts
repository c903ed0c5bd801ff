import { alertSeverities, alertSteps, resolutionCauses } from '@nigehban/domain/api/alert-types.ts';
import { placements } from '@nigehban/domain/camera.ts';
import { cameraStateKinds } from '@nigehban/domain/camera-state.ts';
import { pollPhases } from '@nigehban/domain/election-phase.ts';
import { expectedDarkKinds, expectedDarkScopes } from '@nigehban/domain/expected-dark.ts';
import { incidentCauseKinds, incidentKinds } from '@nigehban/domain/incident.ts';
import { reasonLength } from '@nigehban/domain/manual-escalation.ts';
import { escalationLevels } from '@nigehban/domain/notice-occasion.ts';
import { stationCategories } from '@nigehban/domain/station-state.ts';
import { type TSchema, Type } from 'typebox';

/** Shapes of alerts, incidents and expected darkness (domain/src/api/alert-types.ts). */

const ms = Type.Integer({ description: 'Milliseconds since the Unix epoch' });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const closed = { additionalProperties: false } as const;
const literals = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>(Type.Enum(values));
const text = Type.String();
const count = Type.Integer({ minimum: 0 });

/** What an alert tells besides the state of its station. */
export const alertAdditions = {
  severity: literals(alertSeverities),
  rank: Type.Integer(),
  phase: literals(pollPhases),
  category: literals(stationCategories),
  sinceMs: ms,
  missingPlacements: Type.Array(literals(placements)),
  coverageShare: Type.Number({ minimum: 0, maximum: 1 }),
  incidentId: orNull(Type.Integer()),
  expected: orNull(
    Type.Object({
      id: Type.Integer(),
      kind: literals(expectedDarkKinds),
      endsAtMs: ms,
      reason: text,
    }),
  ),
  assignee: orNull(text),
  escalationLevel: count,
  reopened: count,
  pagedAtMs: orNull(ms),
  notes: count,
  resolution: orNull(
    Type.Object({ cause: literals(resolutionCauses), note: orNull(text), by: orNull(text) }),
  ),
};

const step = {
  id: Type.Integer(),
  atMs: ms,
  actor: orNull(text),
  details: Type.Record(Type.String(), Type.Unknown()),
};

const incidentFields = {
  id: Type.Integer(),
  kind: literals(incidentKinds),
  cause: Type.Object({ kind: literals(incidentCauseKinds), key: text }),
  causeName: text,
  causeNameUr: text,
  districtCodes: Type.Array(text),
  state: literals(['open', 'acknowledged', 'closed']),
  severity: literals(alertSeverities),
  rank: Type.Integer(),
  startedAtMs: ms,
  openedAtMs: ms,
  closedAtMs: orNull(ms),
  mergedInto: orNull(Type.Integer()),
  stations: count,
  ofStations: count,
  peakStations: count,
  evidence: Type.Object({
    stations: count,
    ofStations: count,
    withinMs: Type.Integer(),
    states: Type.Record(Type.String(), Type.Number()),
    districts: orNull(Type.Object({ hit: count, of: count })),
    note: orNull(text),
  }),
  unacknowledgedAlerts: count,
  acknowledgedAtMs: orNull(ms),
  acknowledgedBy: orNull(text),
  assignee: orNull(text),
  escalationLevel: count,
  level: literals(escalationLevels),
  pagedAtMs: orNull(ms),
  version: Type.Integer(),
};
export const IncidentViewSchema = Type.Object(incidentFields, closed);

/** The detail of an alert; `alertFields` are those of every alert. */
export function alertDetailSchema(alertFields: Record<string, TSchema>): TSchema {
  return Type.Object(
    {
      ...alertFields,
      timeline: Type.Array(Type.Object({ ...step, step: literals(alertSteps) })),
      incident: orNull(IncidentViewSchema),
      transitions: Type.Array(
        Type.Object({
          cameraId: Type.Integer(),
          cameraCode: text,
          atMs: ms,
          from: literals(cameraStateKinds),
          to: literals(cameraStateKinds),
          fault: orNull(text),
          evidence: orNull(text),
        }),
      ),
    },
    closed,
  );
}

export function incidentDetailSchema(alertView: TSchema): TSchema {
  return Type.Object(
    {
      ...incidentFields,
      timeline: Type.Array(
        Type.Object({
          ...step,
          step: literals([
            'opened',
            'changed',
            'acknowledged',
            'assigned',
            'escalated',
            'noted',
            'merged',
            'paged',
            'closed',
          ]),
        }),
      ),
      alerts: Type.Array(alertView),
    },
    closed,
  );
}

export function incidentAcknowledgedSchema(): TSchema {
  return Type.Object(
    {
      incident: IncidentViewSchema,
      acknowledged: Type.Array(Type.Integer()),
      conflicts: Type.Array(Type.Integer()),
    },
    closed,
  );
}

const version = Type.Integer({ minimum: 0 });
const id = Type.String({ pattern: '^[0-9]{1,9}$' });
export const AlertParamsSchema = Type.Object({ id });
export const ListQuerySchema = Type.Object(
  {
    state: Type.Optional(literals(['open', 'closed'])),
    before: Type.Optional(id),
    limit: Type.Optional(Type.String({ pattern: '^[0-9]{1,4}$' })),
  },
  closed,
);
export const AssignBodySchema = Type.Object(
  { version, assignee: orNull(Type.String({ minLength: 1, maxLength: 64 })) },
  closed,
);
export const EscalateBodySchema = Type.Object(
  {
    version,
    // Spaces at its ends do not count: the use case looks again.
    reason: Type.String({ minLength: reasonLength.least, maxLength: 2 * reasonLength.most }),
  },
  closed,
);
export const NoteBodySchema = Type.Object(
  { text: Type.String({ minLength: 1, maxLength: 2_000 }) },
  closed,
);
export const ResolveBodySchema = Type.Object(
  {
    version,
    cause: literals([
      'power',
      'network',
      'camera',
      'recorder',
      'tampering',
      'weather',
      'maintenance',
      'false-alarm',
      'other',
    ]),
    note: orNull(Type.String({ maxLength: 2_000 })),
  },
  closed,
);
export const IncidentAcknowledgeBodySchema = Type.Object(
  {
    version,
    seen: Type.Optional(
      Type.Array(Type.Object({ id: Type.Integer({ minimum: 1 }), version }, closed), {
        maxItems: 20_000,
      }),
    ),
  },
  closed,
);

const instant = Type.Integer({ minimum: 0, maximum: 9_000_000_000_000 });
const expectedDark = {
  kind: literals(expectedDarkKinds),
  scope: Type.Object(
    { kind: literals(expectedDarkScopes), key: Type.String({ maxLength: 64 }) },
    closed,
  ),
  startsAtMs: instant,
  endsAtMs: instant,
  reason: Type.String({ minLength: 3, maxLength: 500 }),
};

export const ExpectedDarkBodySchema = Type.Object(expectedDark, closed);
export const ExpectedDarkViewSchema = Type.Object(
  {
    ...expectedDark,
    id: Type.Integer(),
    createdBy: text,
    createdAtMs: ms,
    cancelledBy: orNull(text),
    cancelledAtMs: orNull(ms),
    alerts: count,
  },
  closed,
);
export const ExpectedDarkQuerySchema = Type.Object(
  { state: Type.Optional(Type.Literal('all')) },
  closed,
);

const supply = orNull(Type.String({ minLength: 1, maxLength: 64 }));
export const StationSupplyBodySchema = Type.Object(
  { uplink: Type.Optional(supply), feeder: Type.Optional(supply) },
  closed,
);
export const StationSupplyViewSchema = Type.Object(
  { stationCode: text, uplink: orNull(text), feeder: orNull(text) },
  closed,
);
