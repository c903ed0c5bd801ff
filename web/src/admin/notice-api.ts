import type {
  ChannelSettingsView,
  EscalationPolicyBody,
  MessageDetail,
  MessageState,
  MessageView,
  RecipientBody,
  RecipientView,
  SmsSettingsBody,
  SmtpSettingsBody,
  TestResult,
} from '@nigehban/domain/api/notice-types.ts';
import { request } from '../api/api-client.ts';

const base = '/api/notices';

/** The notices' part of the HTTP API. Every call throws ConsoleFault. */
export const noticeApi = {
  recipients: () => request<readonly RecipientView[]>('GET', `${base}/recipients`),
  save: (id: number | null, body: RecipientBody) =>
    id === null
      ? request<RecipientView>('POST', `${base}/recipients`, { body })
      : request<RecipientView>('PUT', `${base}/recipients/${id}`, { body }),
  remove: (id: number) => request<unknown>('DELETE', `${base}/recipients/${id}`),
  test: (id: number) => request<TestResult>('POST', `${base}/recipients/${id}/test`),
  channels: () => request<ChannelSettingsView>('GET', `${base}/channels`),
  saveSmtp: (body: SmtpSettingsBody | null) =>
    request<ChannelSettingsView>('PUT', `${base}/channels/smtp`, { body }),
  saveSms: (body: SmsSettingsBody | null) =>
    request<ChannelSettingsView>('PUT', `${base}/channels/sms`, { body }),
  messages: (state: MessageState | null) =>
    request<readonly MessageView[]>(
      'GET',
      `${base}/messages?limit=200${state === null ? '' : `&state=${state}`}`,
    ),
  message: (id: string) => request<MessageDetail>('GET', `${base}/messages/${id}`),
  retry: (id: string) => request<MessageView>('POST', `${base}/messages/${id}/retry`),
  escalation: () => request<EscalationPolicyBody>('GET', `${base}/escalation`),
  saveEscalation: (body: EscalationPolicyBody) =>
    request<EscalationPolicyBody>('PUT', `${base}/escalation`, { body }),
} as const;
