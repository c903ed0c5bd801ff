import type { CauseReport } from '@nigehban/domain/api/report-types.ts';
import { downtimeCauses } from '@nigehban/domain/availability.ts';
import admin from '../admin/admin.module.css';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import { EmptyNotice } from '../ui/notice.tsx';
import { ScrollBox } from '../ui/scroll-box.tsx';
import styles from './reports.module.css';

const most = 20;

/** What cameras went down with, and what alerts had in common. */
export function CauseReportView(props: { readonly report: CauseReport }) {
  const { t, age } = useI18n();
  const { report } = props;
  const downs = downtimeCauses.map((cause) => ({ cause, ms: report.downByCauseMs[cause] }));
  const longestMs = Math.max(1, ...downs.map(({ ms }) => ms));
  const nothing = report.faults.length === 0 && report.incidents.length === 0;
  if (nothing && downs.every(({ ms }) => ms === 0)) {
    return <EmptyNotice title={t('reports.empty')} />;
  }
  return (
    <>
      <h2 className={styles.heading}>{t('reports.downBy')}</h2>
      <ScrollBox label={t('reports.downBy')}>
        <table className={classNames(admin.table, styles.table)}>
          <tbody>
            {downs.map(({ cause, ms }) => (
              <tr key={cause}>
                <th scope="row">{t(`reports.cause.${cause}`)}</th>
                <td className={styles.figure}>{age(ms)}</td>
                <td className={styles.barCell}>
                  <svg
                    className={styles.bar}
                    viewBox="0 0 100 8"
                    preserveAspectRatio="none"
                    aria-hidden="true"
                  >
                    <rect x={0} y={0} width={(ms / longestMs) * 100} height={8} data-part="down" />
                  </svg>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      <h2 className={styles.heading}>{t('reports.faults')}</h2>
      <ScrollBox label={t('reports.faults')}>
        <table className={classNames(admin.table, styles.table)}>
          <thead>
            <tr>
              <th scope="col">{t('reports.fault')}</th>
              <th scope="col">{t('reports.times')}</th>
              <th scope="col">{t('reports.cameras')}</th>
              <th scope="col">{t('reports.stations')}</th>
            </tr>
          </thead>
          <tbody>
            {report.faults.length === 0 && <Nothing columns={4} />}
            {report.faults.slice(0, most).map((row) => (
              <tr key={`${row.state} ${row.fault}`}>
                <th scope="row">
                  {t(`camera.state.${row.state}`)}
                  {row.fault !== null && (
                    <div className={admin.muted}>{t(`fault.${row.fault}`)}</div>
                  )}
                </th>
                <td className={styles.figure}>{row.times}</td>
                <td>{row.cameras}</td>
                <td>{row.stations}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      <h2 className={styles.heading}>{t('reports.incidents')}</h2>
      <ScrollBox label={t('reports.incidents')}>
        <table className={classNames(admin.table, styles.table)}>
          <thead>
            <tr>
              <th scope="col">{t('reports.cause')}</th>
              <th scope="col">{t('reports.incidents')}</th>
              <th scope="col">{t('reports.duration')}</th>
              <th scope="col">{t('reports.peak')}</th>
            </tr>
          </thead>
          <tbody>
            {report.incidents.length === 0 && <Nothing columns={4} />}
            {report.incidents.slice(0, most).map((row) => (
              <tr key={`${row.causeKind} ${row.causeKey}`}>
                <th scope="row">{t(`incidents.title.${row.causeKind}`, { name: row.causeKey })}</th>
                <td className={styles.figure}>{row.incidents}</td>
                <td>{age(row.durationMs)}</td>
                <td>{row.peakStations}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </>
  );
}

function Nothing(props: { readonly columns: number }) {
  const { t } = useI18n();
  return (
    <tr>
      <td colSpan={props.columns} className={admin.muted}>
        {t('reports.none')}
      </td>
    </tr>
  );
}
