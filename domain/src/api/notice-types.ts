import type { EscalationPolicy } from '../escalation.ts';
import type { EscalationLevel, Severity } from '../notice-occasion.ts';
import type { NoticeLanguage } from '../notice-text.ts';
import type { ChannelKind, QuietHours } from '../notification.ts';

/**
 * Notices: who is told, by which way, and what came of it. All need `notification.manage`.
 *
 *   GET    /api/notices/recipients        RecipientView[]
 *   POST   /api/notices/recipients        RecipientBody → RecipientView
 *   PUT    /api/notices/recipients/:id    RecipientBody → RecipientView (target null: unchanged)
 *   DELETE /api/notices/recipients/:id
 *   POST   /api/notices/recipients/:id/test   → TestResult
 *   GET    /api/notices/channels          ChannelSettingsView
 *   PUT    /api/notices/channels/smtp     SmtpSettingsBody | null → ChannelSettingsView
 *   PUT    /api/notices/channels/sms      SmsSettingsBody | null → ChannelSettingsView
 *   GET    /api/notices/messages?state&recipientId&before&limit → MessageView[]
 *   GET    /api/notices/messages/:id      MessageDetail
 *   POST   /api/notices/messages/:id/retry    a dead letter is sent again → MessageView
 *   GET    /api/notices/escalation        EscalationPolicy; PUT
 */
export interface RecipientBody {
  readonly name: string;
  readonly channel: ChannelKind;
  /** Webhook: `{url, secret}`; smtp: `{address}`; sms: `{number}`; push: `{username}`. Null: as it was. */
  readonly target: RecipientTarget | null;
  readonly language: NoticeLanguage;
  readonly level: EscalationLevel;
  readonly districtCode: string | null;
  readonly division: string | null;
  readonly minSeverity: Severity;
  readonly quiet: QuietHours | null;
  readonly limitMessages: number;
  readonly limitWindowMs: number;
  readonly enabled: boolean;
  /** On-call roster; empty: always. */
  readonly shifts: readonly { readonly fromMs: number; readonly toMs: number }[];
}

export type RecipientTarget =
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string }
  | { readonly kind: 'smtp'; readonly address: string }
  | { readonly kind: 'sms'; readonly number: string }
  | { readonly kind: 'push'; readonly username: string };

export interface RecipientView extends Omit<RecipientBody, 'target'> {
  readonly id: number;
  /** Enough to recognise the target by. */
  readonly targetHint: string;
  /** Notices that wait for quiet hours, the rate limit or an attempt. */
  readonly waiting: number;
  readonly lastSentAtMs: number | null;
  readonly lastFault: string | null;
}

export interface SmtpSettingsBody {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly acceptAnyCertificate: boolean;
  readonly username: string | null;
  /** Null: as it was. */
  readonly password: string | null;
  readonly from: string;
}

export interface SmsSettingsBody {
  /** `{to}`, `{text}` and `{id}` are put in. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly contentType: 'application/json' | 'application/x-www-form-urlencoded' | 'text/plain';
  readonly acceptedText: string | null;
}

/** What may be shown: secrets and whatever may hold one are left out. */
export interface ChannelSettingsView {
  readonly smtp: (Omit<SmtpSettingsBody, 'password'> & { readonly hasPassword: boolean }) | null;
  readonly sms: {
    readonly host: string;
    readonly method: 'GET' | 'POST';
    readonly contentType: string;
    readonly acceptedText: string | null;
  } | null;
}

export type MessageState = 'waiting' | 'sent' | 'dead';

export interface MessageView {
  readonly id: string;
  readonly recipientId: number;
  readonly recipient: string;
  readonly channel: ChannelKind;
  readonly createdAtMs: number;
  readonly state: MessageState;
  readonly notices: number;
  readonly heldBack: number;
  readonly subject: string;
  readonly attempts: number;
  readonly nextAttemptAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly reason: string | null;
  readonly test: boolean;
}

export interface MessageDetail extends MessageView {
  readonly text: string;
  readonly deliveries: readonly {
    readonly attempt: number;
    readonly atMs: number;
    readonly outcome: 'sent' | 'retry' | 'refused';
    readonly detail: string;
    readonly durationMs: number;
  }[];
}

export interface TestResult {
  readonly messageId: string;
  readonly outcome: 'sent' | 'retry' | 'refused';
  readonly detail: string;
}

export type EscalationPolicyBody = EscalationPolicy;
