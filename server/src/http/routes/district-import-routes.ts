import type { DistrictImportReport } from '@nigehban/domain/api/district-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { DistrictImportOrder } from '../../plan/plan-tasks.ts';
import { signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
import { DistrictImportQuerySchema, DistrictImportReportSchema } from '../district-schemas.ts';
import { answers } from '../schemas.ts';

const longestListBytes = 1024 * 1024;

/** Import of a list of districts; the file's content type is the plan's (`plan-draft-routes.ts`). */
export function addDistrictImportRoute(
  app: App,
  options: {
    readonly importDistricts: (
      order: Omit<DistrictImportOrder, 'nowMs'> & { readonly file: Uint8Array },
    ) => Promise<DistrictImportReport>;
  },
): void {
  app.post(
    '/api/districts/import',
    {
      config: { access: 'plan.import' },
      bodyLimit: longestListBytes,
      schema: {
        summary: 'What a list of districts (CSV or XLSX) would change; with `apply` it is written',
        querystring: DistrictImportQuerySchema,
        response: answers(DistrictImportReportSchema),
      },
    },
    async (request) => {
      if (!(request.body instanceof Uint8Array) || request.body.length === 0) {
        throw new Fault('REQUEST_INVALID', 'The list is sent as application/octet-stream');
      }
      const { apply, remove, fingerprint } = request.query;
      return await options.importDistricts({
        file: request.body,
        apply: apply === 'true',
        remove: remove === 'true',
        fingerprint: fingerprint ?? null,
        actor: signedIn(request).username,
        address: request.ip,
      });
    },
  );
}
