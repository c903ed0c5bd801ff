import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Volume2, VolumeX } from 'lucide-react';
import { useState } from 'react';
import { districtsQuery } from '../admin/districts.ts';
import { useI18n } from '../i18n/i18n.tsx';
import controls from '../ui/controls.module.css';
import { DistrictFilter } from '../ui/district-filter.tsx';
import { selectionIn } from './alert-search.ts';
import { readSoundEnabled, writeSoundEnabled } from './alert-sound.ts';
import styles from './alerts-page.module.css';
import { ClosedAlerts } from './closed-alerts.tsx';
import { OpenAlerts } from './open-alerts.tsx';
import { SectionTabs } from './section-tabs.tsx';

const route = getRouteApi('/alerts');

/** The inbox of the control room: what was lost and is to be looked at; closed ones by the filter. */
export function AlertsPage() {
  const { t } = useI18n();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const closed = search.state === 'closed';
  const { district } = search;
  const districts = useQuery(districtsQuery);
  const filter = district === undefined ? {} : { district };
  return (
    <div className={styles.page} data-selected={selectionIn(search) !== null}>
      <div className={styles.toolbar}>
        <h1>{t('alerts.title')}</h1>
        <SectionTabs />
        <span className={styles.spacer} />
        {/* biome-ignore lint/a11y/useSemanticElements: buttons in a row, no form */}
        <div className={controls.group} role="group" aria-label={t('alerts.filter')}>
          <button
            type="button"
            aria-pressed={!closed}
            onClick={() => void navigate({ search: filter })}
          >
            {t('alerts.filter.open')}
          </button>
          <button
            type="button"
            aria-pressed={closed}
            onClick={() => void navigate({ search: { ...filter, state: 'closed' } })}
          >
            {t('alerts.filter.closed')}
          </button>
        </div>
        {!closed && (
          <DistrictFilter
            districts={districts.data}
            code={district}
            onChange={(code) => void navigate({ search: code === '' ? {} : { district: code } })}
          />
        )}
        <SoundSwitch />
      </div>
      {closed ? <ClosedAlerts /> : <OpenAlerts key={district} district={district ?? null} />}
    </div>
  );
}

function SoundSwitch() {
  const { t } = useI18n();
  const [enabled, setEnabled] = useState(readSoundEnabled);
  const label = t(enabled ? 'alerts.sound.on' : 'alerts.sound.off');
  return (
    <button
      type="button"
      className={controls.button}
      aria-pressed={enabled}
      title={label}
      onClick={() => {
        writeSoundEnabled(!enabled);
        setEnabled(!enabled);
      }}
    >
      {enabled ? <Volume2 aria-hidden="true" /> : <VolumeX aria-hidden="true" />}
      <span className={styles.wideOnly}>{label}</span>
    </button>
  );
}
