import { Link } from '@tanstack/react-router';
import { useCan } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import controls from '../ui/controls.module.css';

/** The pages about alerts: the inbox, what is announced, the poll-phase clock. */
export function SectionTabs() {
  const { t } = useI18n();
  const mayReadAlerts = useCan('alert.read');
  const mayManage = useCan('alert.manage');
  const mayManagePhases = useCan('phase.manage');
  return (
    // biome-ignore lint/a11y/useSemanticElements: links in a row, no form
    <div className={controls.group} role="group" aria-label={t('alerts.section')}>
      {mayReadAlerts && (
        <>
          <Link to="/alerts" activeOptions={{ includeSearch: false }}>
            {t('alerts.section.inbox')}
          </Link>
          <Link to="/expected-dark">{t('alerts.section.expected')}</Link>
        </>
      )}
      {(mayManage || mayManagePhases) && <Link to="/phases">{t('alerts.section.phases')}</Link>}
    </div>
  );
}
