import { Type } from 'typebox';
import type { Sql } from '../../store/database.ts';
import { readDistricts } from '../../store/district-store.ts';
import type { App } from '../app-type.ts';
import { DistrictViewSchema } from '../district-schemas.ts';
import { answers } from '../schemas.ts';

export function addDistrictRoutes(app: App, sql: Sql): void {
  app.get(
    '/api/districts',
    {
      config: { access: 'status.read' },
      schema: { response: answers(Type.Array(DistrictViewSchema)) },
    },
    async () => [...(await readDistricts(sql))],
  );
}
