import type { Clock } from '@nigehban/config/clock/clock.ts';
import { type Static, Type } from 'typebox';
import { type AuditFilter, readAudit } from '../../store/audit-store.ts';
import type { Sql } from '../../store/database.ts';
import { createAuditCheck, readAuditPage } from '../../use-cases/read-audit.ts';
import type { App } from '../app-type.ts';
import { sendCsv } from '../csv-answer.ts';
import { answers } from '../schemas.ts';

const defaultPage = 100;
const mostCsvRows = 100_000;
const checkForMs = 60_000;

const orNullText = Type.Union([Type.String(), Type.Null()]);
const orNullMs = Type.Union([Type.Integer(), Type.Null()]);
const time = Type.Optional(Type.String({ pattern: '^[0-9]{1,13}$' }));
const begins = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }));

const QuerySchema = Type.Object(
  {
    fromMs: time,
    toMs: time,
    actor: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    action: begins,
    subject: begins,
    before: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })),
    limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|[1-4][0-9]{2}|500)$' })),
  },
  { additionalProperties: false },
);

const PageSchema = Type.Object({
  rows: Type.Array(
    Type.Object({
      id: Type.Integer(),
      atMs: Type.Integer(),
      actor: orNullText,
      address: orNullText,
      action: Type.String(),
      subject: orNullText,
      details: Type.Record(Type.String(), Type.Unknown()),
      hash: Type.String(),
    }),
  ),
  nextBefore: orNullMs,
});

const ChainSchema = Type.Object({
  intact: Type.Boolean(),
  rows: Type.Integer(),
  firstAtMs: orNullMs,
  lastAtMs: orNullMs,
  head: orNullText,
  checkedAtMs: Type.Integer(),
  defects: Type.Array(
    Type.Object({
      id: Type.Integer(),
      kind: Type.Enum(['removed', 'changed', 'cut-off']),
      atMs: orNullMs,
    }),
  ),
});

/** The audit trail: read, downloaded, checked. */
export function addAuditRoutes(app: App, ports: { sql: Sql; clock: Clock }): void {
  const { sql, clock } = ports;
  const config = { access: 'audit.read' } as const;
  const check = createAuditCheck(sql, { forMs: checkForMs, nowMs: clock.nowMs });

  app.get(
    '/api/audit',
    { config, schema: { querystring: QuerySchema, response: answers(PageSchema) } },
    async (request) => {
      const { rows, nextBefore } = await readAuditPage(
        sql,
        filterOf(request.query, Number(request.query.limit ?? defaultPage)),
      );
      return { rows: rows.map((row) => ({ ...row, details: { ...row.details } })), nextBefore };
    },
  );
  app.get(
    '/api/audit.csv',
    { config, schema: { querystring: QuerySchema } },
    async (request, reply) => {
      const rows = await readAudit(sql, filterOf(request.query, mostCsvRows));
      return sendCsv(reply, 'audit.csv', [
        ['id', 'time', 'actor', 'address', 'action', 'subject', 'details', 'hash'],
        ...rows.map((row) => [
          row.id,
          new Date(row.atMs).toISOString(),
          row.actor,
          row.address,
          row.action,
          row.subject,
          JSON.stringify(row.details),
          row.hash,
        ]),
      ]);
    },
  );
  app.get('/api/audit/chain', { config, schema: { response: answers(ChainSchema) } }, async () => {
    const chain = await check();
    return { ...chain, defects: [...chain.defects] };
  });
}

function filterOf(query: Static<typeof QuerySchema>, limit: number): AuditFilter {
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const { actor, action, subject } = query;
  return {
    ...{ actor, action, subject, limit },
    fromMs: number(query.fromMs),
    toMs: number(query.toMs),
    beforeId: number(query.before),
  };
}
