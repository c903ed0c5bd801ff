import { passwordLimits } from '@nigehban/domain/api/user-types.ts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api } from '../api/api-client.ts';
import { LanguageSwitch } from '../app/language-switch.tsx';
import { sessionQuery } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { Dialog } from '../ui/dialog.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './admin.module.css';
import { userApi } from './user-api.ts';
import people from './users-page.module.css';

/** The whole page, for somebody who signed in with a one-time password: nothing else is open yet. */
export function OwnPasswordPage(props: { readonly displayName: string }) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const leave = async (): Promise<void> => {
    await api.signOut().catch(() => null);
    queries.setQueryData(sessionQuery.queryKey, null);
  };
  return (
    <main className={people.alone}>
      <section aria-labelledby="own-password-title">
        <div className={styles.toolbar}>
          <h1 id="own-password-title">{t('password.first.title')}</h1>
          <span className={styles.spacer} />
          <LanguageSwitch />
        </div>
        <p>{t('password.first.text', { name: props.displayName })}</p>
        <OwnPasswordForm oneTime onDone={() => {}} onCancel={() => void leave()} />
      </section>
    </main>
  );
}

/** One's own password in a dialog. */
export function OwnPasswordDialog(props: { readonly onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Dialog title={t('password.title')} onClose={props.onClose}>
      <div className={people.ask}>
        <OwnPasswordForm oneTime={false} onDone={props.onClose} onCancel={props.onClose} />
      </div>
    </Dialog>
  );
}

function OwnPasswordForm(props: {
  readonly oneTime: boolean;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const [password, setPassword] = useState('');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  const problem =
    [...fresh].length < passwordLimits.shortest
      ? t('password.short', { least: passwordLimits.shortest })
      : fresh !== again
        ? t('password.differs')
        : null;
  const save = useMutation({
    mutationFn: () => userApi.changeOwnPassword({ password, newPassword: fresh }),
    onSuccess: (session) => {
      queries.setQueryData(sessionQuery.queryKey, session);
      props.onDone();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (problem === null && !save.isPending) save.mutate();
  };
  return (
    <form className={people.password} onSubmit={submit} noValidate data-testid="own-password">
      <PasswordField
        label={t(props.oneTime ? 'password.oneTime' : 'password.present')}
        name="present-password"
        autoComplete="current-password"
        isFirst
        value={password}
        onChange={setPassword}
      />
      <PasswordField
        label={t('password.new')}
        name="new-password"
        hint={t('password.hint', { least: passwordLimits.shortest })}
        autoComplete="new-password"
        value={fresh}
        onChange={setFresh}
      />
      <PasswordField
        label={t('password.again')}
        name="new-password-again"
        autoComplete="new-password"
        value={again}
        onChange={setAgain}
      />
      {tried && problem !== null && (
        <p role="alert" className={styles.wrong}>
          {problem}
        </p>
      )}
      {save.isError && <FaultNotice fault={save.error} />}
      <div className={styles.actions}>
        <button
          type="submit"
          className={classNames(controls.button, controls.primary)}
          disabled={save.isPending}
        >
          {t('password.save')}
        </button>
        <button type="button" className={controls.button} onClick={props.onCancel}>
          {t(props.oneTime ? 'header.signOut' : 'users.cancel')}
        </button>
      </div>
    </form>
  );
}

function PasswordField(props: {
  readonly label: string;
  readonly name: string;
  readonly hint?: string;
  readonly autoComplete: 'current-password' | 'new-password';
  readonly isFirst?: boolean;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return (
    <label className={styles.label}>
      <span>{props.label}</span>
      <input
        className={controls.field}
        type="password"
        dir="ltr"
        name={props.name}
        autoComplete={props.autoComplete}
        data-first-focus={props.isFirst === true ? true : undefined}
        maxLength={passwordLimits.longest}
        value={props.value}
        onChange={(event) => props.onChange(event.target.value)}
      />
      {props.hint !== undefined && <span>{props.hint}</span>}
    </label>
  );
}
