import { planDraftStates, planEditScopes } from '@nigehban/domain/api/plan-types.ts';
import { planColumnKeys } from '@nigehban/domain/plan-columns.ts';
import { planIssueCodes } from '@nigehban/domain/plan-issues.ts';
import { type TSchema, Type } from 'typebox';
import { FaultMessageSchema } from './schemas.ts';

/** Shapes of the plan's drafts and imports (domain/src/api/plan-types.ts). */

const closed = { additionalProperties: false } as const;
const ms = Type.Integer({ description: 'Milliseconds since the Unix epoch' });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const count = Type.Integer({ minimum: 0 });
const severity = Type.Enum(['block', 'row', 'warning'] as const);
const issueCode = Type.Enum(planIssueCodes as string[]);
const column = Type.Enum(planColumnKeys);

const MappingSchema = Type.Partial(
  Type.Object(
    Object.fromEntries(
      planColumnKeys.map((key) => [key, Type.Integer({ minimum: 0, maximum: 199 })]),
    ),
    closed,
  ),
);

const counts = {
  added: count,
  changed: count,
  moved: count,
  removed: count,
  unchanged: count,
  invalid: count,
};

const ReportSchema = Type.Object(
  {
    rows: count,
    goodRows: count,
    cameras: Type.Object(counts, closed),
    stations: Type.Object(
      { total: count, added: count, changed: count, unchanged: count, resupplied: count },
      closed,
    ),
    districts: Type.Array(
      Type.Object(
        {
          code: Type.String(),
          name: Type.String(),
          nameUr: Type.String(),
          ...counts,
          resupplied: count,
        },
        closed,
      ),
    ),
    defects: Type.Array(Type.Object({ code: issueCode, severity, count }, closed)),
    issuesTruncated: Type.Boolean(),
  },
  closed,
);

export const PlanExportQuerySchema = Type.Object(
  { district: Type.Optional(Type.String({ pattern: '^[A-Z][A-Z0-9]{1,7}$' })) },
  closed,
);

export const PlanDraftViewSchema = Type.Object(
  {
    id: Type.String(),
    fileName: Type.String(),
    sizeBytes: count,
    format: Type.Enum(['csv', 'xlsx'] as const),
    createdBy: Type.String(),
    createdAtMs: ms,
    state: Type.Enum(planDraftStates),
    revision: count,
    rows: count,
    header: Type.Array(Type.String()),
    mapping: MappingSchema,
    mappingRemembered: Type.Boolean(),
    missingColumns: Type.Array(column),
    sample: Type.Array(Type.Array(Type.String())),
    edits: count,
    report: orNull(ReportSchema),
    progress: orNull(
      Type.Object(
        {
          step: Type.Enum(['reading', 'checking', 'writing'] as const),
          done: count,
          total: count,
        },
        closed,
      ),
    ),
    fault: orNull(FaultMessageSchema),
    importId: orNull(count),
  },
  closed,
);

export const PlanIssuePageSchema = Type.Object(
  {
    total: count,
    issues: Type.Array(
      Type.Object(
        {
          row: count,
          column,
          code: issueCode,
          severity,
          value: Type.String(),
          message: Type.String(),
          about: Type.String(),
          districtCode: orNull(Type.String()),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const PlanRowPageSchema = Type.Object(
  {
    total: count,
    rows: Type.Array(Type.Object({ row: count, cells: Type.Array(Type.String()) }, closed)),
  },
  closed,
);

export const PlanRemovedPageSchema = Type.Object(
  { total: count, cameras: Type.Array(Type.String()) },
  closed,
);

export const PlanImportViewSchema = Type.Object(
  {
    id: count,
    atMs: ms,
    by: orNull(Type.String()),
    fileName: orNull(Type.String()),
    counts: Type.Partial(Type.Object(counts, closed)),
    stations: count,
    undoneAtMs: orNull(ms),
    undoneBy: orNull(Type.String()),
    canUndo: Type.Boolean(),
  },
  closed,
);

export const DraftParamsSchema = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
});

export const UploadQuerySchema = Type.Object(
  { name: Type.Optional(Type.String({ maxLength: 255 })) },
  closed,
);

const page = {
  offset: Type.Optional(Type.String({ pattern: '^[0-9]{1,7}$' })),
  limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|[1-4][0-9]{2}|500)$' })),
};
export const PageQuerySchema = Type.Object(page, closed);
export const RowQuerySchema = Type.Object(
  { ...page, row: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,6}$' })) },
  closed,
);
export const IssueQuerySchema = Type.Object(
  {
    ...page,
    code: Type.Optional(issueCode),
    severity: Type.Optional(severity),
    district: Type.Optional(Type.String({ maxLength: 16 })),
  },
  closed,
);

export const MappingBodySchema = Type.Object({ mapping: MappingSchema }, closed);

export const EditBodySchema = Type.Object(
  {
    edits: Type.Array(
      Type.Object(
        {
          row: Type.Integer({ minimum: 1, maximum: 2_000_000 }),
          column,
          value: Type.String({ maxLength: 256 }),
          scope: Type.Enum(planEditScopes),
        },
        closed,
      ),
      { minItems: 1, maxItems: 1_000 },
    ),
  },
  closed,
);

export const ApplyBodySchema = Type.Object(
  {
    revision: count,
    goodRows: count,
    setAside: Type.Array(issueCode, { maxItems: planIssueCodes.length }),
    remove: Type.Boolean(),
  },
  closed,
);

export const UndoBodySchema = Type.Object({ importId: Type.Integer({ minimum: 1 }) }, closed);
