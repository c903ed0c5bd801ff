import type { AlertFigures, AlertReport } from '@nigehban/domain/api/report-types.ts';
import type { ReactNode } from 'react';
import admin from '../admin/admin.module.css';
import { useI18n } from '../i18n/i18n.tsx';
import { EmptyNotice } from '../ui/notice.tsx';
import { ReportTable } from './report-table.tsx';
import styles from './reports.module.css';
import { SubjectName } from './subject-name.tsx';

/** How many alerts there were, and how soon they were acknowledged and over. */
export function AlertReportView(props: { readonly report: AlertReport }) {
  const { t } = useI18n();
  const { report } = props;
  if (report.rows.length === 0) return <EmptyNotice title={t('reports.empty')} />;
  return (
    <>
      <Headline total={report.total} />
      <ReportTable
        label={t('reports.kind.alerts')}
        groupBy={report.groupBy}
        heads={[
          t('reports.opened'),
          t('reports.expected'),
          t('reports.acknowledged'),
          t('reports.escalated'),
          t('reports.mtta'),
          t('reports.mttr'),
          t('reports.stillOpen'),
        ]}
        total={<Row row={report.total} name={t('reports.total')} />}
      >
        {report.rows.map((row) => (
          <Row key={row.key} row={row} name={<SubjectName subject={row} />} />
        ))}
      </ReportTable>
    </>
  );
}

function useTime(): (ms: number | null) => string {
  const { age } = useI18n();
  return (ms) => (ms === null ? '–' : age(ms));
}

function Headline(props: { readonly total: AlertFigures }) {
  const { t } = useI18n();
  const time = useTime();
  const { total } = props;
  return (
    <dl className={styles.headline}>
      <div>
        <dt>{t('reports.opened')}</dt>
        <dd>{total.opened}</dd>
      </div>
      <div>
        <dt>{t('reports.mtta')}</dt>
        <dd>{time(total.mttaMs)}</dd>
      </div>
      <div>
        <dt>{t('reports.mttr')}</dt>
        <dd>{time(total.mttrMs)}</dd>
      </div>
      <div>
        <dt>{t('reports.expected')}</dt>
        <dd>{total.expected}</dd>
      </div>
    </dl>
  );
}

function Row(props: { readonly row: AlertFigures; readonly name: ReactNode }) {
  const { t } = useI18n();
  const time = useTime();
  const { row } = props;
  const spread = (median: number | null, p90: number | null): ReactNode =>
    median !== null && (
      <div className={admin.muted}>
        {t('reports.spread', { median: time(median), p90: time(p90) })}
      </div>
    );
  return (
    <tr>
      <th scope="row">{props.name}</th>
      <td className={styles.figure}>{row.opened}</td>
      <td>{row.expected}</td>
      <td>{row.acknowledged}</td>
      <td>{row.escalated}</td>
      <td>
        {time(row.mttaMs)}
        {spread(row.medianAcknowledgeMs, row.p90AcknowledgeMs)}
      </td>
      <td>
        {time(row.mttrMs)}
        {spread(row.medianRecoverMs, row.p90RecoverMs)}
      </td>
      <td>{row.open}</td>
    </tr>
  );
}
