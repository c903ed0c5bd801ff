import type {
  PlanDraftReport,
  PlanDraftView,
  PlanIssueView,
} from '@nigehban/domain/api/plan-types.ts';
import type { PlanIssueCode, PlanSeverity } from '@nigehban/domain/plan-issues.ts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { isMessageKey, type Translator } from '../i18n/messages.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice, FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { CellEditor } from './cell-editor.tsx';
import styles from './issue-list.module.css';
import { planApi } from './plan-api.ts';
import panel from './plan-panel.module.css';
import table from './plan-table.module.css';

const rowsPerPage = 50;
const severities: readonly PlanSeverity[] = ['block', 'row', 'warning'];

/** The defects by kind, and below them the rows, page by page; a cell can be corrected in place. */
export function IssueList(props: {
  readonly draft: PlanDraftView;
  readonly report: PlanDraftReport;
  readonly district: string | null;
  readonly onDistrict: (district: string | null) => void;
  readonly setAside: ReadonlySet<PlanIssueCode>;
  readonly onToggle: (code: PlanIssueCode) => void;
}) {
  const { t } = useI18n();
  const { draft, report, district } = props;
  const [code, setCode] = useState<PlanIssueCode | null>(null);
  const [page, setPage] = useState(0);
  const query = { offset: page * rowsPerPage, limit: rowsPerPage, code, severity: null, district };
  const issues = useQuery({
    queryKey: ['plan', 'issues', draft.id, draft.revision, query],
    queryFn: () => planApi.issues(draft.id, query),
    placeholderData: keepPreviousData,
  });
  const choose = (next: PlanIssueCode | null): void => {
    setCode(next);
    setPage(0);
  };
  if (report.defects.length === 0) {
    return (
      <section className={panel.panel} aria-label={t('plan.defects')}>
        <EmptyNotice icon={<CircleCheck aria-hidden="true" />} title={t('plan.defects.none')} />
      </section>
    );
  }
  const total = issues.data?.total ?? 0;
  const pages = Math.max(1, Math.ceil(total / rowsPerPage));
  return (
    <section className={panel.panel} aria-label={t('plan.defects')}>
      <h2>{t('plan.defects')}</h2>
      <ul className={styles.defects} data-testid="plan-defects">
        {severities.flatMap((severity) =>
          report.defects
            .filter((defect) => defect.severity === severity)
            .map((defect) => (
              <li key={defect.code} data-severity={severity} data-code={defect.code}>
                <button
                  type="button"
                  className={styles.defect}
                  aria-pressed={code === defect.code}
                  onClick={() => choose(code === defect.code ? null : defect.code)}
                >
                  <span className={styles.severity} data-severity={severity}>
                    {t(`plan.severity.${severity}`)}
                  </span>
                  <span>{t(`plan.issue.${defect.code}`)}</span>
                  <strong>{defect.count}</strong>
                </button>
                {severity === 'block' && (
                  <label className={styles.aside}>
                    <input
                      type="checkbox"
                      checked={props.setAside.has(defect.code)}
                      onChange={() => props.onToggle(defect.code)}
                    />
                    {t('plan.setAside')}
                  </label>
                )}
              </li>
            )),
        )}
      </ul>
      {(code !== null || district !== null) && (
        <button
          type="button"
          className={controls.button}
          onClick={() => {
            choose(null);
            props.onDistrict(null);
          }}
        >
          {t('plan.defects.all')}
        </button>
      )}
      {issues.isError && <FaultNotice fault={issues.error} onRetry={() => void issues.refetch()} />}
      {issues.isPending && <LoadingRows rows={5} />}
      {issues.data !== undefined && (
        <>
          <IssueTable draft={draft} issues={issues.data.issues} />
          <nav className={styles.pager} aria-label={t('plan.pages')}>
            <button
              type="button"
              className={controls.button}
              disabled={page === 0}
              onClick={() => setPage(page - 1)}
            >
              {t('plan.page.before')}
            </button>
            <span role="status">{t('plan.page', { page: page + 1, pages, total })}</span>
            <button
              type="button"
              className={controls.button}
              disabled={page + 1 >= pages}
              onClick={() => setPage(page + 1)}
            >
              {t('plan.page.after')}
            </button>
          </nav>
        </>
      )}
    </section>
  );
}

function IssueTable(props: {
  readonly draft: PlanDraftView;
  readonly issues: readonly PlanIssueView[];
}) {
  const { t } = useI18n();
  const [edited, setEdited] = useState<string | null>(null);
  return (
    <div className={table.scroll}>
      <table className={classNames(table.table, styles.issues)} data-testid="plan-issues">
        <thead>
          <tr>
            <th scope="col" className={table.number}>
              {t('plan.row')}
            </th>
            <th scope="col">{t('plan.mapping.column')}</th>
            <th scope="col">{t('plan.value')}</th>
            <th scope="col">{t('plan.problem')}</th>
          </tr>
        </thead>
        <tbody>
          {props.issues.map((issue) => {
            const key = `${issue.row}/${issue.column}/${issue.code}`;
            return (
              <tr key={key} data-row={issue.row} data-code={issue.code}>
                <td className={table.number}>{issue.row}</td>
                <td>{t(`plan.column.${issue.column}`)}</td>
                <td>
                  {edited === key ? (
                    <CellEditor
                      draft={props.draft}
                      issue={issue}
                      onClosed={() => setEdited(null)}
                    />
                  ) : (
                    <button
                      type="button"
                      className={styles.cell}
                      title={t('plan.edit')}
                      aria-label={t('plan.edit.cell', {
                        row: issue.row,
                        column: t(`plan.column.${issue.column}`),
                        value: issue.value === '' ? t('plan.empty') : issue.value,
                      })}
                      onClick={() => setEdited(key)}
                    >
                      <bdi>{issue.value === '' ? t('plan.empty') : issue.value}</bdi>
                    </button>
                  )}
                </td>
                <td>
                  <span className={styles.severity} data-severity={issue.severity}>
                    {t(`plan.severity.${issue.severity}`)}
                  </span>{' '}
                  {t(`plan.issue.${issue.code}`)}
                  <div className={panel.muted}>{detailOf(issue, t)}</div>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** What more there is to say: what is expected there, or what else it is about. */
function detailOf(issue: PlanIssueView, t: Translator['t']): string | null {
  const expects = `plan.expects.${issue.column}`;
  if (issue.code === 'FIELD_INVALID') return isMessageKey(expects) ? t(expects) : null;
  const about = `plan.about.${issue.code}`;
  return issue.about !== '' && isMessageKey(about) ? t(about, { about: issue.about }) : null;
}
