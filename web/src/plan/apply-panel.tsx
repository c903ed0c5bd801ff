import type { PlanDraftReport, PlanDraftView } from '@nigehban/domain/api/plan-types.ts';
import type { PlanIssueCode } from '@nigehban/domain/plan-issues.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './apply-panel.module.css';
import { planApi } from './plan-api.ts';
import panel from './plan-panel.module.css';
import { countWrites, openBlocks } from './plan-steps.ts';

const namedRemovals = 200;

/** What holds the plan up, what a person has to confirm, and the button that writes it. */
export function ApplyPanel(props: {
  readonly draft: PlanDraftView;
  readonly report: PlanDraftReport;
  readonly setAside: ReadonlySet<PlanIssueCode>;
}) {
  const { t } = useI18n();
  const { draft, report, setAside } = props;
  const queryClient = useQueryClient();
  const [confirmed, setConfirmed] = useState(false);
  const [removes, setRemoves] = useState(false);
  const blocks = openBlocks(report, setAside);
  const { invalid, removed } = report.cameras;
  const nothing = countWrites(report, removes) === 0;
  const apply = useMutation({
    mutationFn: () =>
      planApi.apply(draft.id, {
        revision: draft.revision,
        goodRows: report.goodRows,
        setAside: [...setAside],
        remove: removes,
      }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['plan', 'draft', draft.id] }),
  });
  return (
    <section className={styles.apply} aria-label={t('plan.apply')}>
      <div className={styles.conditions}>
        {blocks.length > 0 && (
          <p className={panel.missing} role="status" data-testid="plan-blocked">
            {t('plan.blocked', {
              defects: blocks.map((code) => t(`plan.issue.${code}`)).join(t('plan.comma')),
            })}
          </p>
        )}
        {invalid > 0 && (
          <label className={styles.condition}>
            <input
              type="checkbox"
              checked={confirmed}
              data-testid="plan-confirm"
              onChange={(event) => setConfirmed(event.target.checked)}
            />
            {t('plan.confirm', { invalid, good: report.goodRows })}
          </label>
        )}
        {removed > 0 && (
          <>
            <label className={styles.condition}>
              <input
                type="checkbox"
                checked={removes}
                data-testid="plan-remove"
                onChange={(event) => setRemoves(event.target.checked)}
              />
              {t('plan.remove', { count: removed })}
            </label>
            <Removed draft={draft} />
          </>
        )}
        {nothing && <p className={panel.muted}>{t('plan.nothing')}</p>}
        {apply.isError && <FaultNotice fault={apply.error} />}
      </div>
      <button
        type="button"
        className={classNames(controls.button, controls.primary)}
        disabled={blocks.length > 0 || (invalid > 0 && !confirmed) || apply.isPending}
        data-testid="plan-apply"
        onClick={() => apply.mutate()}
      >
        {t('plan.applyRows', { count: report.goodRows })}
      </button>
    </section>
  );
}

function Removed(props: { readonly draft: PlanDraftView }) {
  const { t } = useI18n();
  const { id, revision } = props.draft;
  const [isOpen, setOpen] = useState(false);
  const removed = useQuery({
    queryKey: ['plan', 'removed', id, revision],
    queryFn: () => planApi.removed(id, 0, namedRemovals),
    enabled: isOpen,
  });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('plan.removed.which')}</summary>
      {removed.isError && <FaultNotice fault={removed.error} />}
      <ul className={styles.codes} data-testid="plan-removed">
        {removed.data?.cameras.map((code) => (
          <li key={code}>
            <Code>{code}</Code>
          </li>
        ))}
      </ul>
      {(removed.data?.total ?? 0) > namedRemovals && (
        <p className={panel.muted}>
          {t('plan.removed.more', { count: (removed.data?.total ?? 0) - namedRemovals })}
        </p>
      )}
    </details>
  );
}
