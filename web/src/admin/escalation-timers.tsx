import { type PollPhase, pollPhases } from '@nigehban/domain/election-phase.ts';
import type { EscalationPolicy } from '@nigehban/domain/escalation.ts';
import { type Severity, severities } from '@nigehban/domain/notice-occasion.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice, LoadingRows } from '../ui/notice.tsx';
import styles from './admin.module.css';
import { noticeApi } from './notice-api.ts';
import { wholeNumber } from './recipient-draft.ts';

const minuteMs = 60_000;
const longestMinutes = 10_080;
const steps = ['divisionAfterMs', 'provinceAfterMs'] as const;
const stepText = {
  divisionAfterMs: 'notices.escalation.division',
  provinceAfterMs: 'notices.escalation.province',
} as const;
const worstFirst = severities.toReversed();

/** After how many minutes an unacknowledged alert climbs, for each phase and severity. */
export function EscalationTimers() {
  const policy = useQuery({ queryKey: ['notices', 'escalation'], queryFn: noticeApi.escalation });
  if (policy.isPending) return <LoadingRows rows={7} />;
  if (policy.isError) {
    return <FaultNotice fault={policy.error} onRetry={() => void policy.refetch()} />;
  }
  return <TimerTable key={JSON.stringify(policy.data)} policy={policy.data} />;
}

function TimerTable(props: { readonly policy: EscalationPolicy }) {
  const { t } = useI18n();
  const queries = useQueryClient();
  const [policy, setPolicy] = useState(props.policy);
  const save = useMutation({
    mutationFn: noticeApi.saveEscalation,
    onSuccess: (saved) => queries.setQueryData(['notices', 'escalation'], saved),
  });
  const set = (
    phase: PollPhase,
    severity: Severity,
    step: (typeof steps)[number],
    text: string,
  ) => {
    const minutes = wholeNumber(text, 0, longestMinutes);
    if (text !== '' && minutes === null) return;
    const timers = {
      ...policy[phase][severity],
      [step]: minutes === null ? null : minutes * minuteMs,
    };
    setPolicy({ ...policy, [phase]: { ...policy[phase], [severity]: timers } });
  };
  return (
    <>
      <p className={styles.muted}>{t('notices.escalation.text')}</p>
      <section className={styles.scroll} aria-label={t('notices.tab.escalation')}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t('notices.escalation.phase')}</th>
              {worstFirst.flatMap((severity) =>
                steps.map((step) => (
                  <th key={`${severity}-${step}`} scope="col">
                    {t(`notices.severity.${severity}`)}
                    <br />
                    {t(stepText[step])}
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {pollPhases.map((phase) => (
              <tr key={phase}>
                <th scope="row">{t(`phase.${phase}`)}</th>
                {worstFirst.flatMap((severity) =>
                  steps.map((step) => {
                    const ms = policy[phase][severity][step];
                    return (
                      <td key={`${severity}-${step}`}>
                        <input
                          className={classNames(controls.field, styles.number)}
                          inputMode="numeric"
                          aria-label={`${t(`phase.${phase}`)}, ${t(`notices.severity.${severity}`)}, ${t(stepText[step])}`}
                          value={ms === null ? '' : String(Math.round(ms / minuteMs))}
                          onChange={(event) => set(phase, severity, step, event.target.value)}
                        />
                      </td>
                    );
                  }),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {save.isError && <FaultNotice fault={save.error} />}
      <div className={styles.actions}>
        <button
          type="button"
          className={classNames(controls.button, controls.primary)}
          disabled={save.isPending || policy === props.policy}
          onClick={() => save.mutate(policy)}
        >
          {t('notices.save')}
        </button>
        {save.isSuccess && policy === props.policy && (
          <span role="status" className={styles.good}>
            {t('notices.escalation.saved')}
          </span>
        )}
      </div>
    </>
  );
}
