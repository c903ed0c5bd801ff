import { Type } from 'typebox';

export const ListeningPolicySchema = Type.Object(
  { operatorsListen: Type.Boolean() },
  { additionalProperties: false },
);
