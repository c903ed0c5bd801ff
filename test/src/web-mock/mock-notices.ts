import type {
  ChannelSettingsView,
  MessageView,
  RecipientBody,
  RecipientView,
} from '@nigehban/domain/api/notice-types.ts';
import { defaultEscalationPolicy } from '@nigehban/domain/escalation.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { can } from '@nigehban/domain/permissions.ts';
import type { MockPart } from './mock-part.ts';

const hourMs = 3_600_000;

const base: RecipientView = {
  id: 1,
  name: 'Control room, DC office Lahore',
  channel: 'webhook',
  targetHint: 'https://alerts.lahore.example.pk',
  language: 'en',
  level: 'district',
  districtCode: 'LHR',
  division: null,
  minSeverity: 'minor',
  quiet: null,
  limitMessages: 3,
  limitWindowMs: 600_000,
  enabled: true,
  shifts: [],
  waiting: 0,
  lastSentAtMs: null,
  lastFault: null,
};

/** Recipients and messages as an election day leaves them. */
export function createMockNotices(bootMs: number): MockPart {
  const recipients: RecipientView[] = [
    { ...base, lastSentAtMs: bootMs - 240_000 },
    {
      ...base,
      id: 2,
      name: 'کمشنر لاہور ڈویژن',
      channel: 'sms',
      targetHint: '…4567',
      language: 'ur',
      level: 'division',
      districtCode: null,
      division: 'Lahore',
      minSeverity: 'major',
      quiet: { fromMinute: 1_320, toMinute: 420 },
      waiting: 4,
      lastSentAtMs: bootMs - 3 * hourMs,
      shifts: [{ fromMs: bootMs, toMs: bootMs + 8 * hourMs }],
    },
    {
      ...base,
      id: 3,
      name: 'Home Department control room',
      channel: 'smtp',
      targetHint: 'co…@home.punjab.example.pk',
      level: 'province',
      districtCode: null,
      minSeverity: 'critical',
      lastFault: 'SMTP 550',
    },
  ];
  const messages: MessageView[] = [
    message(1, 'sent', 'New: polling station blind, GE24-NA122-PS108, Lahore', bootMs - 240_000),
    {
      ...message(2, 'waiting', 'Nigehban: 14 notices (12 open, 2 over)', bootMs - 90_000),
      notices: 14,
      heldBack: 9,
      attempts: 2,
      reason: 'HTTP 503',
      nextAttemptAtMs: bootMs + 20_000,
    },
    {
      ...message(3, 'dead', 'Escalated: outage of a district, Multan', bootMs - hourMs),
      reason: 'SMTP 550',
      attempts: 1,
    },
  ];
  const channels: ChannelSettingsView = {
    smtp: {
      host: 'mail.psca.example.pk',
      port: 587,
      tls: false,
      acceptAnyCertificate: true,
      username: 'nigehban',
      from: 'Nigehban <nigehban@psca.example.pk>',
      hasPassword: true,
    },
    sms: null,
  };
  const districts = [
    { code: 'LHR', name: 'Lahore', nameUr: 'لاہور', division: 'Lahore' },
    { code: 'MUL', name: 'Multan', nameUr: 'ملتان', division: 'Multan' },
  ];
  return ({ method, path: [resource, part, id, action], query, body, role, nowMs }) => {
    if (resource === 'districts') return districts;
    if (resource !== 'notices') return undefined;
    if (!can(role, 'notification.manage'))
      throw new Fault('PERMISSION_DENIED', 'Not for this role');
    if (part === 'escalation') return method === 'PUT' ? body : defaultEscalationPolicy;
    if (part === 'channels') return channels;
    if (part === 'messages') {
      const state = query.get('state');
      return messages.filter((one) => state === null || one.state === state);
    }
    if (action === 'test') return { messageId: 'test', outcome: 'sent', detail: 'HTTP 200' };
    if (method === 'POST') {
      const { target: _, ...fields } = body as RecipientBody;
      const added = { ...base, ...fields, id: nowMs, targetHint: 'https://example.pk' };
      recipients.push(added);
      return added;
    }
    if (method === 'DELETE')
      recipients.splice(
        recipients.findIndex((one) => one.id === Number(id)),
        1,
      );
    return recipients;
  };
}

function message(
  recipientId: number,
  state: MessageView['state'],
  subject: string,
  atMs: number,
): MessageView {
  return {
    id: `00000000-0000-0000-0000-00000000000${recipientId}`,
    recipientId,
    recipient:
      ['', base.name, 'کمشنر لاہور ڈویژن', 'Home Department control room'][recipientId] ?? '',
    channel: (['webhook', 'webhook', 'sms', 'smtp'] as const)[recipientId] ?? 'push',
    createdAtMs: atMs,
    state,
    notices: 1,
    heldBack: 0,
    subject,
    attempts: 1,
    nextAttemptAtMs: null,
    finishedAtMs: state === 'waiting' ? null : atMs + 400,
    reason: null,
    test: false,
  };
}
