import { passwordLimits } from '@nigehban/domain/api/user-types.ts';
import { roles } from '@nigehban/domain/permissions.ts';
import { type TSchema, Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const ms = Type.Integer({ description: 'Milliseconds since the Unix epoch' });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const usernamePattern = '^[a-z0-9][a-z0-9._-]{1,63}$';
const displayName = Type.String({ minLength: 1, maxLength: 120, pattern: '\\S' });

export const UserViewSchema = Type.Object({
  username: Type.String(),
  displayName: Type.String(),
  role: Type.Enum(roles),
  disabledAtMs: orNull(ms),
  createdAtMs: ms,
  mustChangePassword: Type.Boolean(),
  passwordChangedAtMs: orNull(ms),
  lastSignInAtMs: orNull(ms),
  sessions: Type.Integer(),
});

export const NewPasswordSchema = Type.Object({ user: UserViewSchema, password: Type.String() });

export const UserParamsSchema = Type.Object({
  username: Type.String({ pattern: usernamePattern }),
});

export const UserBodySchema = Type.Object(
  { username: Type.String({ pattern: usernamePattern }), displayName, role: Type.Enum(roles) },
  closed,
);

export const UserChangeSchema = Type.Object(
  {
    displayName: Type.Optional(displayName),
    role: Type.Optional(Type.Enum(roles)),
    disabled: Type.Optional(Type.Boolean()),
  },
  closed,
);

const password = Type.String({ minLength: 1, maxLength: passwordLimits.longest });
export const OwnPasswordBodySchema = Type.Object({ password, newPassword: password }, closed);
