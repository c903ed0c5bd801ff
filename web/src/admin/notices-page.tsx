import { getRouteApi } from '@tanstack/react-router';
import { useI18n } from '../i18n/i18n.tsx';
import controls from '../ui/controls.module.css';
import styles from './admin.module.css';
import { ChannelSettings } from './channel-settings.tsx';
import { EscalationTimers } from './escalation-timers.tsx';
import { MessageLog } from './message-log.tsx';
import { noticeTabs } from './notices-search.ts';
import { RecipientList } from './recipient-list.tsx';

const route = getRouteApi('/admin/notices');

/** Who is told of outages, what went out, by which ways, and when it climbs. */
export function NoticesPage() {
  const { t } = useI18n();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tab = search.tab ?? 'recipients';
  return (
    <div className={styles.page}>
      <div className={styles.toolbar}>
        <h1>{t('notices.title')}</h1>
        {/* biome-ignore lint/a11y/useSemanticElements: buttons in a row, no form */}
        <div className={controls.group} role="group" aria-label={t('notices.tabs')}>
          {noticeTabs.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === tab}
              onClick={() => void navigate({ search: one === 'recipients' ? {} : { tab: one } })}
            >
              {t(`notices.tab.${one}`)}
            </button>
          ))}
        </div>
      </div>
      {tab === 'recipients' && <RecipientList />}
      {tab === 'messages' && (
        <MessageLog
          state={search.state ?? null}
          onState={(state) =>
            void navigate({ search: state === null ? { tab } : { tab, state }, replace: true })
          }
        />
      )}
      {tab === 'channels' && <ChannelSettings />}
      {tab === 'escalation' && <EscalationTimers />}
    </div>
  );
}
