import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useEffect, useState } from 'react';
import admin from '../admin/admin.module.css';
import { SectionTabs } from '../alerts/section-tabs.tsx';
import { useServices } from '../app/services.tsx';
import { useCan } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { DistrictPhases } from './district-phases.tsx';
import { electionApi } from './election-api.ts';
import { ElectionCard } from './election-card.tsx';
import styles from './phases.module.css';

/** Elections with their poll-phase clocks, for administrators to set, and where every district stands. */
export function PhasesPage() {
  const { t } = useI18n();
  const { socket } = useServices();
  const queries = useQueryClient();
  const mayManage = useCan('phase.manage');
  const [adding, setAdding] = useState(false);
  const phases = useQuery({ queryKey: ['phases'], queryFn: electionApi.phases });
  useEffect(
    () =>
      socket.onMessage((message) => {
        if (message.type === 'phase') void queries.invalidateQueries({ queryKey: ['phases'] });
      }),
    [socket, queries],
  );
  return (
    <div className={admin.page}>
      <div className={admin.toolbar}>
        <h1>{t('phases.title')}</h1>
        <SectionTabs />
        <span className={admin.spacer} />
        {mayManage && (
          <button
            type="button"
            className={classNames(controls.button, controls.primary)}
            disabled={adding}
            onClick={() => setAdding(true)}
            data-testid="election-add"
          >
            <Plus aria-hidden="true" />
            {t('phases.addElection')}
          </button>
        )}
      </div>
      <p className={classNames(admin.muted, styles.about)}>{t('phases.about')}</p>
      {phases.isError && <FaultNotice fault={phases.error} onRetry={() => void phases.refetch()} />}
      {phases.data === undefined ? (
        !phases.isError && <LoadingRows rows={6} />
      ) : (
        <>
          <div className={styles.elections}>
            {adding && (
              <ElectionCard known={null} mayManage={mayManage} onClose={() => setAdding(false)} />
            )}
            {phases.data.elections.map((known) => (
              <ElectionCard key={known.id} known={known} mayManage={mayManage} />
            ))}
          </div>
          <DistrictPhases view={phases.data} />
        </>
      )}
    </div>
  );
}
