import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Sql } from '../../store/database.ts';
import { readListeningPolicy, storeListeningPolicy } from '../../store/listening-store.ts';
import type { App } from '../app-type.ts';
import { ListeningPolicySchema } from '../listening-schemas.ts';
import { personOf } from '../person-of.ts';
import { answers } from '../schemas.ts';

/** Who may listen to live sound. */
export function addListeningRoutes(
  app: App,
  { sql, clock }: { readonly sql: Sql; readonly clock: Clock },
): void {
  app.get(
    '/api/settings/listening',
    { config: { access: 'status.read' }, schema: { response: answers(ListeningPolicySchema) } },
    async () => await readListeningPolicy(sql),
  );

  app.put(
    '/api/settings/listening',
    {
      config: { access: 'setting.manage' },
      schema: { body: ListeningPolicySchema, response: answers(ListeningPolicySchema) },
    },
    async (request) => {
      const { username, address } = personOf(request);
      const policy = request.body;
      await storeListeningPolicy(
        sql,
        policy,
        {
          actor: username,
          address,
          action: 'setting.listening',
          subject: null,
          details: { operatorsListen: policy.operatorsListen },
        },
        clock.nowMs(),
      );
      return policy;
    },
  );
}
