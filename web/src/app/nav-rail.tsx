import type { SessionView } from '@nigehban/domain/api/http-types.ts';
import { Link } from '@tanstack/react-router';
import {
  Activity,
  BellRing,
  ChartColumn,
  FileSpreadsheet,
  Grid2x2,
  Landmark,
  Megaphone,
  Radar,
  ScanEye,
  ScrollText,
  Users,
} from 'lucide-react';
import { useI18n } from '../i18n/i18n.tsx';
import { BrandMark } from './brand-mark.tsx';
import { useFleet } from './services.tsx';
import styles from './shell.module.css';

/** Navigation at the inline start; below 700 px a bar at the foot. */
export function NavRail(props: { readonly session: SessionView }) {
  const { t } = useI18n();
  const { unacknowledged } = useFleet();
  const may = props.session.actions;
  return (
    <nav className={styles.nav} aria-label={t('nav.label')}>
      <div className={styles.brand} title={t('app.name')}>
        <BrandMark />
      </div>
      <ul>
        {may.includes('live.watch') && (
          <li>
            <Link to="/wall" className={styles.navLink} activeOptions={{ includeSearch: false }}>
              <Grid2x2 aria-hidden="true" />
              {t('nav.wall')}
            </Link>
          </li>
        )}
        {may.includes('status.read') && (
          <li>
            <Link
              to="/stations"
              className={styles.navLink}
              activeOptions={{ includeSearch: false }}
            >
              <Landmark aria-hidden="true" />
              {t('nav.stations')}
            </Link>
          </li>
        )}
        {may.includes('report.read') && (
          <li>
            <Link to="/health" className={styles.navLink} activeOptions={{ includeSearch: false }}>
              <Activity aria-hidden="true" />
              {t('nav.health')}
            </Link>
          </li>
        )}
        {may.includes('alert.read') && (
          <li>
            <Link to="/alerts" className={styles.navLink} activeOptions={{ includeSearch: false }}>
              <BellRing aria-hidden="true" />
              {t('nav.alerts')}
              {unacknowledged > 0 && (
                <span className={`${styles.count} ${styles.navCount}`} aria-hidden="true">
                  {unacknowledged > 99 ? '99+' : unacknowledged}
                </span>
              )}
            </Link>
          </li>
        )}
        {may.includes('view.approve') && (
          <li>
            <Link
              to="/approvals"
              className={styles.navLink}
              activeOptions={{ includeSearch: false }}
            >
              <ScanEye aria-hidden="true" />
              {t('nav.approvals')}
            </Link>
          </li>
        )}
        {may.includes('camera.register') && (
          <li>
            <Link to="/discovery" className={styles.navLink}>
              <Radar aria-hidden="true" />
              {t('nav.discovery')}
            </Link>
          </li>
        )}
        {may.includes('report.read') && (
          <li>
            <Link to="/reports" className={styles.navLink} activeOptions={{ includeSearch: false }}>
              <ChartColumn aria-hidden="true" />
              {t('nav.reports')}
            </Link>
          </li>
        )}
        {may.includes('notification.manage') && (
          <li>
            <Link
              to="/admin/notices"
              className={styles.navLink}
              activeOptions={{ includeSearch: false }}
            >
              <Megaphone aria-hidden="true" />
              {t('nav.notices')}
            </Link>
          </li>
        )}
        {may.includes('user.manage') && (
          <li>
            <Link
              to="/admin/users"
              className={styles.navLink}
              activeOptions={{ includeSearch: false }}
            >
              <Users aria-hidden="true" />
              {t('nav.users')}
            </Link>
          </li>
        )}
        {may.includes('audit.read') && (
          <li>
            <Link
              to="/admin/audit"
              className={styles.navLink}
              activeOptions={{ includeSearch: false }}
            >
              <ScrollText aria-hidden="true" />
              {t('nav.audit')}
            </Link>
          </li>
        )}
        {may.includes('plan.import') && (
          <li>
            <Link
              to="/admin/import"
              className={styles.navLink}
              activeOptions={{ includeSearch: false }}
            >
              <FileSpreadsheet aria-hidden="true" />
              {t('nav.plan')}
            </Link>
          </li>
        )}
      </ul>
    </nav>
  );
}
