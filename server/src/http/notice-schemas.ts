import type { pollPhases } from '@nigehban/domain/election-phase.ts';
import { escalationLevels, severities } from '@nigehban/domain/notice-occasion.ts';
import { channelKinds } from '@nigehban/domain/notification.ts';
import { type TSchema, Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const ms = Type.Integer({ description: 'Milliseconds since the Unix epoch' });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const minute = Type.Integer({ minimum: 0, maximum: 1_439 });

const shift = Type.Object(
  {
    fromMs: Type.Integer({ minimum: 0, maximum: 9_000_000_000_000 }),
    toMs: Type.Integer({ minimum: 0, maximum: 9_000_000_000_000 }),
  },
  closed,
);

const shared = {
  name: text(120),
  channel: Type.Enum(channelKinds),
  language: Type.Enum(['en', 'ur']),
  level: Type.Enum(escalationLevels),
  districtCode: orNull(text(16)),
  division: orNull(text(60)),
  minSeverity: Type.Enum(severities),
  quiet: orNull(Type.Object({ fromMinute: minute, toMinute: minute }, closed)),
  limitMessages: Type.Integer({ minimum: 1, maximum: 1_000 }),
  limitWindowMs: Type.Integer({ minimum: 60_000, maximum: 86_400_000 }),
  enabled: Type.Boolean(),
  shifts: Type.Array(shift, { maxItems: 500 }),
};

export const RecipientBodySchema = Type.Object(
  {
    ...shared,
    target: orNull(
      Type.Union([
        Type.Object({ kind: Type.Literal('webhook'), url: text(2_000), secret: text(200) }, closed),
        Type.Object({ kind: Type.Literal('smtp'), address: text(254) }, closed),
        Type.Object({ kind: Type.Literal('sms'), number: text(20) }, closed),
        Type.Object({ kind: Type.Literal('push'), username: text(64) }, closed),
      ]),
    ),
  },
  closed,
);

export const RecipientViewSchema = Type.Object({
  ...shared,
  id: Type.Integer(),
  targetHint: Type.String(),
  waiting: Type.Integer(),
  lastSentAtMs: orNull(ms),
  lastFault: orNull(Type.String()),
});

export const SmtpSettingsSchema = Type.Object(
  {
    host: text(253),
    port: Type.Integer({ minimum: 1, maximum: 65_535 }),
    tls: Type.Boolean(),
    acceptAnyCertificate: Type.Boolean(),
    username: orNull(text(200)),
    password: orNull(text(500)),
    from: text(254),
  },
  closed,
);

export const SmsSettingsSchema = Type.Object(
  {
    url: text(2_000),
    method: Type.Enum(['GET', 'POST']),
    headers: Type.Record(Type.String({ maxLength: 100 }), Type.String({ maxLength: 1_000 })),
    body: orNull(text(4_000)),
    contentType: Type.Enum(['application/json', 'application/x-www-form-urlencoded', 'text/plain']),
    acceptedText: orNull(text(200)),
  },
  closed,
);

export const ChannelSettingsViewSchema = Type.Object({
  smtp: orNull(
    Type.Object({
      host: Type.String(),
      port: Type.Integer(),
      tls: Type.Boolean(),
      acceptAnyCertificate: Type.Boolean(),
      username: orNull(Type.String()),
      from: Type.String(),
      hasPassword: Type.Boolean(),
    }),
  ),
  sms: orNull(
    Type.Object({
      host: Type.String(),
      method: Type.Enum(['GET', 'POST']),
      contentType: Type.String(),
      acceptedText: orNull(Type.String()),
    }),
  ),
});

const messageFields = {
  id: Type.String(),
  recipientId: Type.Integer(),
  recipient: Type.String(),
  channel: Type.Enum(channelKinds),
  createdAtMs: ms,
  state: Type.Enum(['waiting', 'sent', 'dead']),
  notices: Type.Integer(),
  heldBack: Type.Integer(),
  subject: Type.String(),
  attempts: Type.Integer(),
  nextAttemptAtMs: orNull(ms),
  finishedAtMs: orNull(ms),
  reason: orNull(Type.String()),
  test: Type.Boolean(),
};

export const MessageViewSchema = Type.Object(messageFields);

export const MessageDetailSchema = Type.Object({
  ...messageFields,
  text: Type.String(),
  deliveries: Type.Array(
    Type.Object({
      attempt: Type.Integer(),
      atMs: ms,
      outcome: Type.Enum(['sent', 'retry', 'refused']),
      detail: Type.String(),
      durationMs: Type.Integer(),
    }),
  ),
});

export const TestResultSchema = Type.Object({
  messageId: Type.String(),
  outcome: Type.Enum(['sent', 'retry', 'refused']),
  detail: Type.String(),
});

export const RecipientParamsSchema = Type.Object({
  id: Type.String({ pattern: '^[1-9][0-9]{0,8}$' }),
});
export const MessageParamsSchema = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
});
export const MessageQuerySchema = Type.Object(
  {
    state: Type.Optional(Type.Enum(['waiting', 'sent', 'dead'])),
    recipientId: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,8}$' })),
    before: Type.Optional(Type.String({ pattern: '^[0-9]{1,13}$' })),
    limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,2}$' })),
  },
  closed,
);

const after = orNull(Type.Integer({ minimum: 0, maximum: 604_800_000 }));
const timers = Type.Object({ divisionAfterMs: after, provinceAfterMs: after }, closed);
const bySeverity = Type.Object(
  { info: timers, minor: timers, major: timers, critical: timers },
  closed,
);

/** Timers for each severity in each phase. */
export const EscalationPolicySchema = Type.Object(
  {
    idle: bySeverity,
    install: bySeverity,
    drill: bySeverity,
    eve: bySeverity,
    poll: bySeverity,
    count: bySeverity,
    custody: bySeverity,
  } satisfies Record<(typeof pollPhases)[number], TSchema>,
  closed,
);
