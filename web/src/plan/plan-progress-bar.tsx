import type { PlanDraftView } from '@nigehban/domain/api/plan-types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import styles from './plan-progress-bar.module.css';

/** How far reading, checking or writing has come, with the rows counted. */
export function PlanProgressBar(props: { readonly draft: PlanDraftView }) {
  const { t } = useI18n();
  const { state, progress } = props.draft;
  const step = progress?.step ?? (state === 'applying' ? 'writing' : 'reading');
  const { done, total } = progress ?? { done: 0, total: 0 };
  const text = t(`plan.progress.${step}`, { done, total });
  return (
    <div className={styles.progress} role="status" data-testid="plan-progress">
      <span>{text}</span>
      <progress
        aria-label={t('plan.progress')}
        {...(total === 0 ? {} : { value: done, max: total })}
      />
    </div>
  );
}
