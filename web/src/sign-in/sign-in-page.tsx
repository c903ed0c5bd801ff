import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { Eye, EyeOff, ShieldCheck } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { api } from '../api/api-client.ts';
import { BrandMark } from '../app/brand-mark.tsx';
import { LanguageSwitch } from '../app/language-switch.tsx';
import { homeOf, sessionQuery } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './sign-in-page.module.css';

/** Name and password; afterwards the page that was asked for, or the role's home. */
export function SignInPage(props: { readonly ended: boolean }) {
  const { t } = useI18n();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const usernameId = useId();
  const passwordId = useId();

  const signIn = useMutation({
    mutationFn: api.signIn,
    onSuccess: async (session) => {
      if (path === '/') await navigate({ to: homeOf[session.role], replace: true });
      queryClient.setQueryData(sessionQuery.queryKey, session);
    },
    onError: () => setPassword(''),
  });

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!signIn.isPending) signIn.mutate({ username: username.trim(), password });
  };

  return (
    <main className={styles.page}>
      <div className={styles.language}>
        <LanguageSwitch />
      </div>
      <form className={styles.card} onSubmit={submit} aria-labelledby="sign-in-title">
        <div className={styles.brand}>
          <BrandMark />
          <div>
            <h1 id="sign-in-title">{t('app.name')}</h1>
            <p>{t('app.tagline')}</p>
          </div>
        </div>
        {props.ended && !signIn.isError && <p className={styles.ended}>{t('signIn.ended')}</p>}
        {signIn.isError && <FaultNotice fault={signIn.error} />}
        <label className={styles.label} htmlFor={usernameId}>
          {t('signIn.username')}
          <input
            id={usernameId}
            className={controls.field}
            dir="ltr"
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            // biome-ignore lint/a11y/noAutofocus: the page has this one purpose
            autoFocus
            value={username}
            onChange={(event) => setUsername(event.target.value)}
            data-testid="sign-in-username"
          />
        </label>
        <label className={styles.label} htmlFor={passwordId}>
          {t('signIn.password')}
          <span className={styles.password}>
            <input
              id={passwordId}
              className={controls.field}
              dir="ltr"
              name="password"
              type={shown ? 'text' : 'password'}
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              data-testid="sign-in-password"
            />
            <button
              type="button"
              className={classNames(controls.button, controls.quiet, controls.icon)}
              aria-label={t(shown ? 'signIn.hidePassword' : 'signIn.showPassword')}
              onClick={() => setShown(!shown)}
            >
              {shown ? <EyeOff aria-hidden="true" /> : <Eye aria-hidden="true" />}
            </button>
          </span>
        </label>
        <button
          type="submit"
          className={classNames(controls.button, controls.primary, styles.submit)}
          aria-disabled={signIn.isPending}
          data-testid="sign-in-submit"
        >
          {t(signIn.isPending ? 'signIn.busy' : 'signIn.submit')}
        </button>
        <p className={styles.notice}>
          <ShieldCheck aria-hidden="true" />
          <span>{t('signIn.notice')}</span>
        </p>
      </form>
    </main>
  );
}
