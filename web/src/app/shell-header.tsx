import type { SessionView } from '@nigehban/domain/api/http-types.ts';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Bell, Keyboard, LogOut, Moon, Search, Sun } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { api } from '../api/api-client.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { formatDate, formatTime } from '../i18n/station-time.ts';
import type { LinkState } from '../live-state/console-socket.ts';
import { StatusBadge } from '../status/status-mark.tsx';
import type { StatusTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { LanguageSwitch } from './language-switch.tsx';
import { applyTheme, readTheme } from './preferences.ts';
import { useFleet, useLinkState, useServerNow } from './services.tsx';
import { sessionQuery } from './session.ts';
import styles from './shell.module.css';

const OwnPasswordDialog = lazy(async () => ({
  default: (await import('../admin/own-password.tsx')).OwnPasswordDialog,
}));

const linkTone: Readonly<Record<LinkState, StatusTone>> = {
  connecting: 'pending',
  open: 'ok',
  lost: 'warn',
  closed: 'none',
};

const iconButton = classNames(controls.button, controls.quiet, controls.icon);

export function ShellHeader(props: {
  readonly session: SessionView;
  readonly onSearch: () => void;
  readonly onHelp: () => void;
}) {
  const { t } = useI18n();
  const link = useLinkState();
  return (
    <header className={styles.header}>
      <ServerTime />
      <span data-testid="link-state" data-link={link}>
        <StatusBadge tone={linkTone[link]}>
          <span className={styles.wideOnly}>{t(`header.link.${link}`)}</span>
        </StatusBadge>
      </span>
      <div className={styles.spacer} />
      <button
        type="button"
        className={classNames(controls.button, styles.search)}
        aria-keyshortcuts="Control+K"
        onClick={props.onSearch}
      >
        <span className={styles.searchText}>
          <Search aria-hidden="true" />
          <span className={styles.searchLabel}>{t('header.search')}</span>
        </span>
        <kbd className={controls.key}>Ctrl K</kbd>
      </button>
      <AlertBell />
      <LanguageSwitch />
      <ThemeSwitch />
      <button
        type="button"
        className={classNames(iconButton, styles.wideOnly)}
        aria-label={t('header.help')}
        title={t('header.help')}
        aria-keyshortcuts="?"
        onClick={props.onHelp}
      >
        <Keyboard aria-hidden="true" />
      </button>
      <Person session={props.session} />
      <SignOut />
    </header>
  );
}

/** Who is signed in; pressed, it changes the password. */
function Person(props: { readonly session: SessionView }) {
  const { t } = useI18n();
  const [changing, setChanging] = useState(false);
  return (
    <>
      <button
        type="button"
        className={styles.person}
        title={t('password.title')}
        onClick={() => setChanging(true)}
        data-testid="own-account"
      >
        {props.session.displayName}
        <span>{t(`role.${props.session.role}`)}</span>
      </button>
      <Suspense>{changing && <OwnPasswordDialog onClose={() => setChanging(false)} />}</Suspense>
    </>
  );
}

function ServerTime() {
  const { t, language } = useI18n();
  const nowMs = useServerNow(500);
  return (
    <>
      <time
        className={styles.clock}
        dateTime={new Date(nowMs).toISOString()}
        title={t('header.serverTime')}
      >
        <Code>{formatTime(nowMs)}</Code>
      </time>
      <span className={styles.date}>{formatDate(nowMs, language)}</span>
    </>
  );
}

function AlertBell() {
  const { t } = useI18n();
  const { unacknowledged } = useFleet();
  const label = t('header.alerts', { count: unacknowledged });
  return (
    <Link
      to="/alerts"
      className={classNames(
        controls.button,
        unacknowledged > 0 ? styles.bellAlarmed : controls.quiet,
        controls.icon,
      )}
      aria-label={label}
      title={label}
      data-testid="unacknowledged-count"
      data-count={unacknowledged}
    >
      <Bell aria-hidden="true" />
      {unacknowledged > 0 && <span aria-hidden="true">{unacknowledged}</span>}
    </Link>
  );
}

function ThemeSwitch() {
  const { t } = useI18n();
  const [theme, setTheme] = useState(readTheme);
  const other = theme === 'dark' ? 'light' : 'dark';
  const label = t(`header.theme.${other}`);
  return (
    <button
      type="button"
      className={classNames(iconButton, styles.wideOnly)}
      aria-label={label}
      title={label}
      onClick={() => {
        applyTheme(other);
        setTheme(other);
      }}
    >
      {other === 'dark' ? <Moon aria-hidden="true" /> : <Sun aria-hidden="true" />}
    </button>
  );
}

function SignOut() {
  const { t } = useI18n();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const signOut = async (): Promise<void> => {
    await api.signOut().catch(() => null);
    await navigate({ to: '/' });
    queryClient.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
    queryClient.setQueryData(sessionQuery.queryKey, null);
  };
  return (
    <button
      type="button"
      className={iconButton}
      aria-label={t('header.signOut')}
      title={t('header.signOut')}
      data-testid="sign-out"
      onClick={() => void signOut()}
    >
      <LogOut aria-hidden="true" />
    </button>
  );
}
