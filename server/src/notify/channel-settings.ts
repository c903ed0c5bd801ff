import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { open, seal } from '@nigehban/config/secrets/sealed-box.ts';
import type {
  ChannelSettingsView,
  SmsSettingsBody,
  SmtpSettingsBody,
} from '@nigehban/domain/api/notice-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { readSealedSetting, writeSealedSetting } from '../store/channel-settings-store.ts';
import type { Queryable } from '../store/database.ts';
import type { SmsGateway } from './sms-channel.ts';
import type { SmtpServer } from './smtp-channel.ts';

const smtpKey = 'notice.smtp';
const smsKey = 'notice.sms';

/** The mail server to send by; null while none is set. */
export async function readSmtpServer(
  sql: Queryable,
  secretKey: SecretKey,
): Promise<SmtpServer | null> {
  return await readSealed<SmtpServer>(sql, secretKey, smtpKey);
}

/** The SMS gateway to send by; null while none is set. */
export async function readSmsGateway(
  sql: Queryable,
  secretKey: SecretKey,
): Promise<SmsGateway | null> {
  return await readSealed<SmsGateway>(sql, secretKey, smsKey);
}

/** Sets the mail server; a null password keeps the former one of the same user and host. */
export async function writeSmtpServer(
  sql: Queryable,
  secretKey: SecretKey,
  body: SmtpSettingsBody | null,
): Promise<void> {
  if (body === null) return await writeSealedSetting(sql, smtpKey, null);
  const former = await readSmtpServer(sql, secretKey);
  const same = former?.host === body.host && former.username === body.username;
  const password = body.password ?? (same ? former.password : null);
  await writeSealed(sql, secretKey, smtpKey, { ...body, password });
}

/** Sets the SMS gateway. @throws Fault REQUEST_INVALID when its URL is none */
export async function writeSmsGateway(
  sql: Queryable,
  secretKey: SecretKey,
  body: SmsSettingsBody | null,
): Promise<void> {
  if (body === null) return await writeSealedSetting(sql, smsKey, null);
  const url = body.url.replaceAll(/\{\w+\}/g, 'x');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Fault('REQUEST_INVALID', 'url is not a URL that begins with https:// or http://');
  }
  if (!`${body.url}${body.body ?? ''}`.includes('{text}')) {
    throw new Fault('REQUEST_INVALID', 'Neither url nor body says where {text} goes');
  }
  await writeSealed(sql, secretKey, smsKey, body);
}

/** What of the channels' settings may be shown. */
export async function readChannelSettings(
  sql: Queryable,
  secretKey: SecretKey,
): Promise<ChannelSettingsView> {
  const smtp = await readSmtpServer(sql, secretKey);
  const sms = await readSmsGateway(sql, secretKey);
  return {
    smtp:
      smtp === null
        ? null
        : {
            host: smtp.host,
            port: smtp.port,
            tls: smtp.tls,
            acceptAnyCertificate: smtp.acceptAnyCertificate,
            username: smtp.username,
            from: smtp.from,
            hasPassword: smtp.password !== null,
          },
    sms:
      sms === null
        ? null
        : {
            host: new URL(sms.url.replaceAll(/\{\w+\}/g, 'x')).host,
            method: sms.method,
            contentType: sms.contentType,
            acceptedText: sms.acceptedText,
          },
  };
}

async function readSealed<T>(sql: Queryable, secretKey: SecretKey, key: string): Promise<T | null> {
  const sealed = await readSealedSetting(sql, key);
  // Only we seal with this key and context: what opens is what was written.
  return sealed === null ? null : (JSON.parse(open(secretKey, sealed, `setting ${key}`)) as T);
}

async function writeSealed(
  sql: Queryable,
  secretKey: SecretKey,
  key: string,
  value: unknown,
): Promise<void> {
  await writeSealedSetting(sql, key, seal(secretKey, JSON.stringify(value), `setting ${key}`));
}
