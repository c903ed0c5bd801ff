import type { ChannelSettingsView } from '@nigehban/domain/api/notice-types.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './admin.module.css';
import { LineField } from './form-fields.tsx';
import { noticeApi } from './notice-api.ts';
import { wholeNumber } from './recipient-draft.ts';

const submissionPort = '587';

/** The mail server; its password is never shown again. */
export function SmtpForm(props: { readonly known: ChannelSettingsView['smtp'] }) {
  const { t } = useI18n();
  const { known } = props;
  const queries = useQueryClient();
  const [host, setHost] = useState(known?.host ?? '');
  const [port, setPort] = useState(known === null ? submissionPort : String(known.port));
  const [tls, setTls] = useState(known?.tls ?? false);
  const [anyCertificate, setAnyCertificate] = useState(known?.acceptAnyCertificate ?? false);
  const [username, setUsername] = useState(known?.username ?? '');
  const [password, setPassword] = useState('');
  const [from, setFrom] = useState(known?.from ?? '');
  const save = useMutation({
    mutationFn: noticeApi.saveSmtp,
    onSettled: () => queries.invalidateQueries({ queryKey: ['notices', 'channels'] }),
  });
  const portNumber = wholeNumber(port, 1, 65_535);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (portNumber === null) return;
    save.mutate({
      host: host.trim(),
      port: portNumber,
      tls,
      acceptAnyCertificate: anyCertificate,
      username: username.trim() === '' ? null : username.trim(),
      password: password === '' ? null : password,
      from: from.trim(),
    });
  };
  return (
    <form className={styles.panel} onSubmit={submit}>
      <h2>{t('notices.smtp.title')}</h2>
      {known === null && <p className={styles.muted}>{t('notices.channels.unset')}</p>}
      <div className={styles.form}>
        <LineField label={t('notices.smtp.host')} required value={host} onChange={setHost} />
        <LineField
          label={t('notices.smtp.port')}
          inputMode="numeric"
          invalid={portNumber === null}
          value={port}
          onChange={setPort}
        />
        <LineField label={t('notices.smtp.from')} required value={from} onChange={setFrom} />
        <LineField
          label={t('notices.smtp.user')}
          autoComplete="off"
          value={username}
          onChange={setUsername}
        />
        <LineField
          label={t('notices.smtp.password')}
          hint={known?.hasPassword === true ? t('notices.smtp.passwordKept') : undefined}
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
        />
        <label className={styles.check}>
          <input type="checkbox" checked={tls} onChange={(event) => setTls(event.target.checked)} />
          {t('notices.smtp.tls')}
        </label>
        <label className={styles.check}>
          <input
            type="checkbox"
            checked={anyCertificate}
            onChange={(event) => setAnyCertificate(event.target.checked)}
          />
          {t('notices.smtp.anyCertificate')}
        </label>
      </div>
      {save.isError && <FaultNotice fault={save.error} />}
      <div className={styles.actions}>
        <button
          type="submit"
          className={classNames(controls.button, controls.primary)}
          disabled={save.isPending || portNumber === null}
        >
          {t('notices.save')}
        </button>
        {known !== null && (
          <button type="button" className={controls.button} onClick={() => save.mutate(null)}>
            {t('notices.channels.clear')}
          </button>
        )}
      </div>
    </form>
  );
}
