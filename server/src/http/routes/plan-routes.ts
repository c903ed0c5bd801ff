import type { PlanReport } from '@nigehban/domain/api/http-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
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
}
