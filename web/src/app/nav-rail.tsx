import type { SessionView } from '@nigehban/domain/api/http-types.ts';
import { Link, useRouterState } from '@tanstack/react-router';
import { Ellipsis } from 'lucide-react';
import { useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { BrandMark } from './brand-mark.tsx';
import { MoreSheet } from './more-sheet.tsx';
import { type NavPage, pagesFor } from './nav-pages.ts';
import { useFleet } from './services.tsx';
import styles from './shell.module.css';

/** More than these and a way to the others do not fit side by side on a phone. */
const phonePages = 4;

/** Navigation at the inline start; below 700 px a bar at the foot, with the rest behind "More". */
export function NavRail(props: { readonly session: SessionView }) {
  const { t } = useI18n();
  const [showsMore, setShowsMore] = useState(false);
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const pages = pagesFor(props.session.actions);
  const rest = pages.slice(phonePages);
  return (
    <>
      <nav className={styles.nav} aria-label={t('nav.label')}>
        <div className={styles.brand} title={t('app.name')}>
          <BrandMark />
        </div>
        <ul>
          {pages.map((page, index) => (
            <li key={page.to} className={index < phonePages ? undefined : styles.notOnPhones}>
              <PageLink page={page} />
            </li>
          ))}
          <li className={styles.onPhones}>
            <button
              type="button"
              className={styles.navLink}
              aria-haspopup="dialog"
              aria-current={rest.some(({ to }) => pathname.startsWith(to)) ? 'page' : undefined}
              data-testid="nav-more"
              onClick={() => setShowsMore(true)}
            >
              <Ellipsis aria-hidden="true" />
              {t('nav.more')}
            </button>
          </li>
        </ul>
      </nav>
      {showsMore && (
        <MoreSheet session={props.session} pages={rest} onClose={() => setShowsMore(false)} />
      )}
    </>
  );
}

function PageLink(props: { readonly page: NavPage }) {
  const { t } = useI18n();
  const { unacknowledged } = useFleet();
  const { to, label, Icon } = props.page;
  return (
    <Link to={to} className={styles.navLink} activeOptions={{ includeSearch: false }}>
      <Icon aria-hidden="true" />
      {t(label)}
      {to === '/alerts' && unacknowledged > 0 && (
        <span className={`${styles.count} ${styles.navCount}`} aria-hidden="true">
          {unacknowledged > 99 ? '99+' : unacknowledged}
        </span>
      )}
    </Link>
  );
}
