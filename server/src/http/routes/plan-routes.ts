import type { PlanReport } from '@nigehban/domain/api/http-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
import { PlanExportQuerySchema } from '../plan-schemas.ts';
import { answers, PlanReportSchema } from '../schemas.ts';

const longestPlanBytes = 32 * 1024 * 1024;

export function addPlanRoutes(
  app: App,
  options: {
    readonly importPlan: (given: {
      readonly text: string;
      readonly actor: string;
      readonly address: string;
    }) => Promise<PlanReport>;
    readonly exportPlan: (given: {
      readonly district: string | null;
      readonly actor: string;
      readonly address: string;
    }) => Promise<string>;
  },
): void {
  app.addContentTypeParser(
    'text/csv',
    { parseAs: 'string', bodyLimit: longestPlanBytes },
    (_request, body, done) => done(null, body),
  );
  app.post(
    '/api/plan',
    {
      config: { access: 'plan.import' },
      bodyLimit: longestPlanBytes,
      schema: {
        summary: 'Load a deployment plan (text/csv), one camera a row',
        response: answers(PlanReportSchema),
      },
    },
    async (request) => {
      if (typeof request.body !== 'string') {
        throw new Fault('REQUEST_INVALID', 'The plan is sent as text/csv');
      }
      const { username: actor } = signedIn(request);
      return await options.importPlan({ text: request.body, actor, address: request.ip });
    },
  );
  app.get(
    '/api/plan/current.csv',
    {
      config: { access: 'plan.import' },
      schema: {
        summary:
          'The cameras in service as a plan, without credentials; `district`: only of that one',
        querystring: PlanExportQuerySchema,
      },
    },
    async (request, reply) => {
      const { username: actor } = signedIn(request);
      const district = request.query.district ?? null;
      const text = await options.exportPlan({ district, actor, address: request.ip });
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="plan.csv"')
        .send(`\ufeff${text}\r\n`);
    },
  );
}
