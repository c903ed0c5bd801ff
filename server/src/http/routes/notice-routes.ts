import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  readChannelSettings,
  writeSmsGateway,
  writeSmtpServer,
} from '../../notify/channel-settings.ts';
import { addAudit } from '../../store/audit-store.ts';
import type { Queryable, Sql } from '../../store/database.ts';
import { readDeliveries, readMessages } from '../../store/message-store.ts';
import { reviveMessage } from '../../store/notice-store.ts';
import { readEscalationPolicy, writeEscalationPolicy } from '../../use-cases/escalate.ts';
import {
  listRecipients,
  saveRecipient,
  takeOutRecipient,
} from '../../use-cases/manage-recipients.ts';
import { signedIn } from '../access.ts';
import type { App } from '../app-type.ts';
import {
  ChannelSettingsViewSchema,
  EscalationPolicySchema,
  MessageDetailSchema,
  MessageParamsSchema,
  MessageQuerySchema,
  MessageViewSchema,
  RecipientBodySchema,
  RecipientParamsSchema,
  RecipientViewSchema,
  SmsSettingsSchema,
  SmtpSettingsSchema,
  TestResultSchema,
} from '../notice-schemas.ts';
import { answers } from '../schemas.ts';

const defaultPage = 100;

export interface NoticeRoutePorts {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly secretKey: SecretKey;
  /** Sends a test message at once and says what came of it. */
  readonly sendTest: (
    recipientId: number,
  ) => Promise<{ messageId: string; outcome: 'sent' | 'retry' | 'refused'; detail: string }>;
  /** Something may be due: look now. */
  readonly wake: () => void;
}

/** Recipients, channels, the log of messages, dead letters and the timers of escalation. */
export function addNoticeRoutes(app: App, ports: NoticeRoutePorts): void {
  const { sql, clock, secretKey } = ports;
  const config = { access: 'notification.manage' } as const;
  const personOf = (request: FastifyRequest) => ({
    username: signedIn(request).username,
    address: request.ip,
  });
  /** Nothing is changed that the trail does not tell of. */
  const audited = async <T>(
    request: FastifyRequest,
    action: string,
    subject: string | null,
    change: (tx: Queryable) => Promise<T>,
  ) =>
    await sql.begin(async (tx) => {
      const changed = await change(tx);
      const { username: actor, address } = personOf(request);
      await addAudit(tx, { actor, address, action, subject }, clock.nowMs());
      return changed;
    });

  app.get(
    '/api/notices/recipients',
    { config, schema: { response: answers(Type.Array(RecipientViewSchema)) } },
    async () => [...(await listRecipients(sql, clock.nowMs()))],
  );
  app.post(
    '/api/notices/recipients',
    { config, schema: { body: RecipientBodySchema, response: answers(RecipientViewSchema) } },
    async (request) =>
      await saveRecipient(
        { sql, secretKey },
        { id: null, body: request.body },
        personOf(request),
        clock.nowMs(),
      ),
  );
  app.put(
    '/api/notices/recipients/:id',
    {
      config,
      schema: {
        params: RecipientParamsSchema,
        body: RecipientBodySchema,
        response: answers(RecipientViewSchema),
      },
    },
    async (request) =>
      await saveRecipient(
        { sql, secretKey },
        { id: Number(request.params.id), body: request.body },
        personOf(request),
        clock.nowMs(),
      ),
  );
  app.delete(
    '/api/notices/recipients/:id',
    { config, schema: { params: RecipientParamsSchema, response: answers(Type.Object({})) } },
    async (request) => {
      await takeOutRecipient(sql, Number(request.params.id), personOf(request), clock.nowMs());
      return {};
    },
  );
  app.post(
    '/api/notices/recipients/:id/test',
    { config, schema: { params: RecipientParamsSchema, response: answers(TestResultSchema) } },
    async (request) => {
      await audited(request, 'notice.test', request.params.id, async () => {});
      return await ports.sendTest(Number(request.params.id));
    },
  );

  app.get(
    '/api/notices/channels',
    { config, schema: { response: answers(ChannelSettingsViewSchema) } },
    async () => await readChannelSettings(sql, secretKey),
  );
  app.put(
    '/api/notices/channels/smtp',
    {
      config,
      schema: {
        body: Type.Union([SmtpSettingsSchema, Type.Null()]),
        response: answers(ChannelSettingsViewSchema),
      },
    },
    async (request) => {
      await audited(request, 'notice.channel', 'smtp', (tx) =>
        writeSmtpServer(tx, secretKey, request.body),
      );
      return await readChannelSettings(sql, secretKey);
    },
  );
  app.put(
    '/api/notices/channels/sms',
    {
      config,
      schema: {
        body: Type.Union([SmsSettingsSchema, Type.Null()]),
        response: answers(ChannelSettingsViewSchema),
      },
    },
    async (request) => {
      await audited(request, 'notice.channel', 'sms', (tx) =>
        writeSmsGateway(tx, secretKey, request.body),
      );
      return await readChannelSettings(sql, secretKey);
    },
  );

  app.get(
    '/api/notices/messages',
    {
      config,
      schema: {
        querystring: MessageQuerySchema,
        response: answers(Type.Array(MessageViewSchema)),
      },
    },
    async (request) => {
      const { state, recipientId, before, limit } = request.query;
      const rows = await readMessages(sql, {
        ...(state === undefined ? {} : { state }),
        ...(recipientId === undefined ? {} : { recipientId: Number(recipientId) }),
        ...(before === undefined ? {} : { beforeMs: Number(before) }),
        limit: Number(limit ?? defaultPage),
      });
      return [...rows];
    },
  );
  app.get(
    '/api/notices/messages/:id',
    { config, schema: { params: MessageParamsSchema, response: answers(MessageDetailSchema) } },
    async (request) => {
      const { id } = request.params;
      const [message] = await readMessages(sql, { id, limit: 1 });
      if (message === undefined) throw new Fault('NOT_FOUND', `No message ${id}`);
      return { ...message, text: message.body, deliveries: [...(await readDeliveries(sql, id))] };
    },
  );
  app.post(
    '/api/notices/messages/:id/retry',
    { config, schema: { params: MessageParamsSchema, response: answers(MessageViewSchema) } },
    async (request) => {
      const { id } = request.params;
      await audited(request, 'notice.retry', id, async (tx) => {
        if (await reviveMessage(tx, id, clock.nowMs())) return;
        throw new Fault('NOT_FOUND', `No dead letter ${id}`);
      });
      ports.wake();
      const [message] = await readMessages(sql, { id, limit: 1 });
      if (message === undefined) throw new Fault('NOT_FOUND', `No message ${id}`);
      return message;
    },
  );

  app.get(
    '/api/notices/escalation',
    { config, schema: { response: answers(EscalationPolicySchema) } },
    async () => await readEscalationPolicy(sql),
  );
  app.put(
    '/api/notices/escalation',
    { config, schema: { body: EscalationPolicySchema, response: answers(EscalationPolicySchema) } },
    async (request) => {
      await audited(request, 'notice.escalation', null, (tx) =>
        writeEscalationPolicy(tx, request.body),
      );
      return await readEscalationPolicy(sql);
    },
  );
}
