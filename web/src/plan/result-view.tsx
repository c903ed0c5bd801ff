import type { PlanDraftView } from '@nigehban/domain/api/plan-types.ts';
import { Link } from '@tanstack/react-router';
import { CircleCheck } from 'lucide-react';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice } from '../ui/notice.tsx';

/** The plan is written: where to look at it. The undoing stands in the list below. */
export function ResultView(props: { readonly draft: PlanDraftView }) {
  const { t } = useI18n();
  const { importId, report } = props.draft;
  const done = importId !== null;
  return (
    <div data-testid="plan-result">
      <EmptyNotice
        icon={<CircleCheck aria-hidden="true" />}
        title={t(done ? 'plan.result.title' : 'plan.result.nothing')}
        text={t('plan.result.text', { count: report?.goodRows ?? 0 })}
      >
        <Link to="/stations" className={classNames(controls.button, controls.primary)}>
          {t('plan.result.stations')}
        </Link>
      </EmptyNotice>
    </div>
  );
}
