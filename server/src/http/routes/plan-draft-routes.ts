import type { PlanApplyBody, PlanEdit } from '@nigehban/domain/api/plan-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { PlanMapping } from '@nigehban/domain/plan-columns.ts';
import { isPlanIssueCode } from '@nigehban/domain/plan-issues.ts';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { buildTemplateCsv, buildTemplateXlsx } from '../../plan/plan-template.ts';
import type { PlanThread } from '../../plan/plan-thread.ts';
import type { Sql } from '../../store/database.ts';
import { readDraft, readDraftIssues, readDraftRemoved } from '../../store/plan-draft-store.ts';
import { readImports } from '../../store/plan-import-store.ts';
import type { PlanDrafts, PlanPerson } from '../../use-cases/plan-drafts.ts';
import { signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
import {
  ApplyBodySchema,
  DraftParamsSchema,
  EditBodySchema,
  IssueQuerySchema,
  MappingBodySchema,
  PageQuerySchema,
  PlanDraftViewSchema,
  PlanImportViewSchema,
  PlanIssuePageSchema,
  PlanRemovedPageSchema,
  PlanRowPageSchema,
  RowQuerySchema,
  UndoBodySchema,
  UploadQuerySchema,
} from '../plan-schemas.ts';
import { answers } from '../schemas.ts';

const longestFileBytes = 64 * 1024 * 1024;
const fileType = 'application/octet-stream';
const workbookType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

const longestPage = 100;
const pageOf = (query: { readonly offset?: string; readonly limit?: string }) => ({
  offset: Number(query.offset ?? 0),
  limit: Number(query.limit ?? longestPage),
});

const personOf = (request: FastifyRequest): PlanPerson => ({
  actor: signedIn(request).username,
  address: request.ip,
});

/** Drafts of deployment plans, imports and their undoing, templates. */
export function addPlanDraftRoutes(
  app: App,
  {
    sql,
    drafts,
    thread,
  }: { readonly sql: Sql; readonly drafts: PlanDrafts; readonly thread: PlanThread },
): void {
  const config = { access: 'plan.import' } as const;
  if (!app.hasContentTypeParser(fileType)) {
    app.addContentTypeParser(
      fileType,
      { parseAs: 'buffer', bodyLimit: longestFileBytes },
      (_request, body, done) => done(null, body),
    );
  }

  app.post(
    '/api/plan/drafts',
    {
      config,
      bodyLimit: longestFileBytes,
      schema: {
        summary: 'Load the file of a plan (CSV or XLSX) as a draft',
        querystring: UploadQuerySchema,
        response: answers(PlanDraftViewSchema),
      },
    },
    async (request) => {
      if (!(request.body instanceof Uint8Array) || request.body.length === 0) {
        throw new Fault('REQUEST_INVALID', `The file is sent as ${fileType}`);
      }
      const fileName = request.query.name ?? 'plan';
      return await drafts.create(personOf(request), { fileName, file: request.body });
    },
  );
  app.get(
    '/api/plan/drafts',
    {
      config,
      schema: {
        summary: 'Drafts, newest first',
        response: answers(Type.Array(PlanDraftViewSchema)),
      },
    },
    async () => [...(await drafts.list())],
  );
  app.get(
    '/api/plan/drafts/:id',
    {
      config,
      schema: {
        summary: 'A draft with its report and progress',
        params: DraftParamsSchema,
        response: answers(PlanDraftViewSchema),
      },
    },
    (request) => drafts.get(request.params.id),
  );
  app.delete(
    '/api/plan/drafts/:id',
    {
      config,
      schema: { summary: 'Discard a draft', params: DraftParamsSchema, response: answers(null) },
    },
    async (request, reply) => {
      await drafts.remove(personOf(request), request.params.id);
      return reply.status(204).send();
    },
  );
  app.put(
    '/api/plan/drafts/:id/mapping',
    {
      config,
      schema: {
        summary: 'Say which column of the file is which, and check',
        params: DraftParamsSchema,
        body: MappingBodySchema,
        response: answers(PlanDraftViewSchema),
      },
    },
    (request) =>
      drafts.map(personOf(request), request.params.id, request.body.mapping as PlanMapping),
  );
  app.post(
    '/api/plan/drafts/:id/check',
    {
      config,
      schema: {
        summary: 'Check a draft again',
        params: DraftParamsSchema,
        response: answers(PlanDraftViewSchema),
      },
    },
    (request) => drafts.check(request.params.id),
  );
  app.patch(
    '/api/plan/drafts/:id',
    {
      config,
      schema: {
        summary: 'Correct cells of a draft, and check',
        params: DraftParamsSchema,
        body: EditBodySchema,
        response: answers(PlanDraftViewSchema),
      },
    },
    (request) =>
      drafts.edit(personOf(request), request.params.id, request.body.edits as PlanEdit[]),
  );
  app.post(
    '/api/plan/drafts/:id/apply',
    {
      config,
      schema: {
        summary: 'Write a draft in one transaction',
        params: DraftParamsSchema,
        body: ApplyBodySchema,
        response: answers(PlanDraftViewSchema),
      },
    },
    (request) => drafts.apply(personOf(request), request.params.id, request.body as PlanApplyBody),
  );
  app.get(
    '/api/plan/drafts/:id/issues',
    {
      config,
      schema: {
        summary: 'What is wrong with a draft, row by row',
        params: DraftParamsSchema,
        querystring: IssueQuerySchema,
        response: answers(PlanIssuePageSchema),
      },
    },
    async (request) => {
      const { id } = request.params;
      const { code, severity, district } = request.query;
      await readDraft(sql, id);
      return await readDraftIssues(sql, id, {
        ...pageOf(request.query),
        severity,
        district,
        code: isPlanIssueCode(code) ? code : undefined,
      });
    },
  );
  app.get(
    '/api/plan/drafts/:id/rows',
    {
      config,
      schema: {
        summary: 'Rows of a draft as corrected, without credentials',
        params: DraftParamsSchema,
        querystring: RowQuerySchema,
        response: answers(PlanRowPageSchema),
      },
    },
    (request) => {
      const { row } = request.query;
      return thread.run('rows', {
        draftId: request.params.id,
        ...pageOf(request.query),
        row: row === undefined ? null : Number(row),
      });
    },
  );
  app.get(
    '/api/plan/drafts/:id/removed',
    {
      config,
      schema: {
        summary: 'Cameras that the draft names no more',
        params: DraftParamsSchema,
        querystring: PageQuerySchema,
        response: answers(PlanRemovedPageSchema),
      },
    },
    (request) => {
      const { offset, limit } = pageOf(request.query);
      return readDraftRemoved(sql, request.params.id, offset, limit);
    },
  );
  app.get(
    '/api/plan/imports',
    {
      config,
      schema: {
        summary: 'Imports, newest first',
        response: answers(Type.Array(PlanImportViewSchema)),
      },
    },
    async () => [...(await readImports(sql))],
  );
  app.post(
    '/api/plan/undo',
    {
      config,
      schema: {
        summary: 'Restore what the latest import changed',
        body: UndoBodySchema,
        response: answers(PlanImportViewSchema),
      },
    },
    (request) => drafts.undo(personOf(request), request.body.importId),
  );
  app.get(
    '/api/plan/template.csv',
    { config, schema: { summary: 'An empty plan with example rows' } },
    async (_request, reply) =>
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="plan-template.csv"')
        .send(buildTemplateCsv()),
  );
  app.get(
    '/api/plan/template.xlsx',
    { config, schema: { summary: 'An empty plan with example rows, as a workbook' } },
    async (_request, reply) =>
      reply
        .type(workbookType)
        .header('content-disposition', 'attachment; filename="plan-template.xlsx"')
        .send(await buildTemplateXlsx()),
  );
}
