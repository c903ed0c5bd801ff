import type { SessionView } from '@nigehban/domain/api/http-types.ts';
import { Link } from '@tanstack/react-router';
import { KeyRound, Moon, Sun } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { Dialog } from '../ui/dialog.tsx';
import type { NavPage } from './nav-pages.ts';
import { applyTheme, readTheme } from './preferences.ts';
import styles from './shell.module.css';

const OwnPasswordDialog = lazy(async () => ({
  default: (await import('../admin/own-password.tsx')).OwnPasswordDialog,
}));

/** What a phone's bar and header have no room for: further pages, the theme, one's own password. */
export function MoreSheet(props: {
  readonly session: SessionView;
  readonly pages: readonly NavPage[];
  readonly onClose: () => void;
}) {
  const { t } = useI18n();
  const { displayName, role } = props.session;
  const [changesPassword, setChangesPassword] = useState(false);
  const other = readTheme() === 'dark' ? 'light' : 'dark';
  const Theme = other === 'dark' ? Moon : Sun;
  if (changesPassword) {
    return (
      <Suspense>
        <OwnPasswordDialog onClose={props.onClose} />
      </Suspense>
    );
  }
  return (
    <Dialog title={t('nav.more')} onClose={props.onClose}>
      <ul className={styles.more}>
        {props.pages.map(({ to, label, Icon }) => (
          <li key={to}>
            <Link to={to} activeOptions={{ includeSearch: false }} onClick={props.onClose}>
              <Icon aria-hidden="true" />
              {t(label)}
            </Link>
          </li>
        ))}
        <li className={styles.moreOwn}>
          <bdi>{displayName}</bdi>
          <span>{t(`role.${role}`)}</span>
        </li>
        <li>
          <button type="button" onClick={() => setChangesPassword(true)}>
            <KeyRound aria-hidden="true" />
            {t('password.title')}
          </button>
        </li>
        <li>
          <button
            type="button"
            onClick={() => {
              applyTheme(other);
              props.onClose();
            }}
          >
            <Theme aria-hidden="true" />
            {t(`header.theme.${other}`)}
          </button>
        </li>
      </ul>
    </Dialog>
  );
}
