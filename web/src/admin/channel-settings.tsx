import type { SmsSettingsBody } from '@nigehban/domain/api/notice-types.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice, LoadingRows } from '../ui/notice.tsx';
import styles from './admin.module.css';
import { LineField, LinesField } from './form-fields.tsx';
import { noticeApi } from './notice-api.ts';
import { SmtpForm } from './smtp-form.tsx';

/** The mail server and the SMS gateway that all recipients share. */
export function ChannelSettings() {
  const channels = useQuery({ queryKey: ['notices', 'channels'], queryFn: noticeApi.channels });
  if (channels.isPending) return <LoadingRows rows={4} />;
  if (channels.isError) {
    return <FaultNotice fault={channels.error} onRetry={() => void channels.refetch()} />;
  }
  return (
    <>
      <SmtpForm key={JSON.stringify(channels.data.smtp)} known={channels.data.smtp} />
      <SmsForm known={channels.data.sms} />
    </>
  );
}

const contentTypes = [
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
] as const;

function SmsForm(props: {
  readonly known: { readonly host: string; readonly method: string } | null;
}) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const [url, setUrl] = useState('');
  const [method, setMethod] = useState<SmsSettingsBody['method']>('POST');
  const [contentType, setContentType] = useState<SmsSettingsBody['contentType']>(contentTypes[0]);
  const [body, setBody] = useState('{"to":"{to}","text":"{text}"}');
  const [headers, setHeaders] = useState('');
  const [accepted, setAccepted] = useState('');
  const save = useMutation({
    mutationFn: noticeApi.saveSms,
    onSettled: () => queries.invalidateQueries({ queryKey: ['notices', 'channels'] }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate({
      url: url.trim(),
      method,
      contentType,
      headers: parseHeaders(headers),
      body: method === 'GET' || body.trim() === '' ? null : body,
      acceptedText: accepted.trim() === '' ? null : accepted.trim(),
    });
  };
  return (
    <form className={styles.panel} onSubmit={submit}>
      <h2>{t('notices.sms.title')}</h2>
      <p className={styles.muted}>
        {props.known === null
          ? t('notices.channels.unset')
          : t('notices.sms.now', { host: props.known.host, method: props.known.method })}
      </p>
      <div className={styles.form}>
        <LineField label={t('notices.sms.url')} wide required value={url} onChange={setUrl} />
        <label className={styles.label}>
          <span>{t('notices.sms.method')}</span>
          <select
            className={controls.field}
            value={method}
            onChange={(event) => setMethod(event.target.value === 'GET' ? 'GET' : 'POST')}
          >
            <option value="POST">POST</option>
            <option value="GET">GET</option>
          </select>
        </label>
        <label className={styles.label}>
          <span>{t('notices.sms.contentType')}</span>
          <select
            className={controls.field}
            value={contentType}
            onChange={(event) => {
              const chosen = contentTypes.find((one) => one === event.target.value);
              if (chosen !== undefined) setContentType(chosen);
            }}
          >
            {contentTypes.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        {method === 'POST' && (
          <LinesField label={t('notices.sms.body')} wide rows={3} value={body} onChange={setBody} />
        )}
        <LinesField
          label={t('notices.sms.headers')}
          wide
          rows={2}
          value={headers}
          onChange={setHeaders}
        />
        <LineField label={t('notices.sms.accepted')} value={accepted} onChange={setAccepted} />
      </div>
      {save.isError && <FaultNotice fault={save.error} />}
      <div className={styles.actions}>
        <button
          type="submit"
          className={classNames(controls.button, controls.primary)}
          disabled={save.isPending}
        >
          {t('notices.save')}
        </button>
        {props.known !== null && (
          <button type="button" className={controls.button} onClick={() => save.mutate(null)}>
            {t('notices.channels.clear')}
          </button>
        )}
      </div>
    </form>
  );
}

/** `Name: value` lines; lines without a colon are left out. */
export function parseHeaders(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf(':');
      const name = line.slice(0, Math.max(0, at)).trim();
      return name === '' ? [] : [[name, line.slice(at + 1).trim()] as const];
    }),
  );
}
