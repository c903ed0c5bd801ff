import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useCan } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { FaultNotice } from '../ui/notice.tsx';
import styles from './admin.module.css';
import { listeningApi } from './user-api.ts';

const key = ['settings', 'listening'];

/** Whether operators may hear cameras. Takes effect at once, also for who listens now. */
export function ListeningSetting() {
  const { t } = useI18n();
  const queries = useQueryClient();
  const mayDecide = useCan('setting.manage');
  const policy = useQuery({ queryKey: key, queryFn: listeningApi.policy });
  // Shown from the click on: the state of a mutation reaches the page some time after it.
  const [wanted, setWanted] = useState<boolean | null>(null);
  const save = useMutation({
    mutationFn: listeningApi.decide,
    onSuccess: (stored) => queries.setQueryData(key, stored),
    onSettled: () => setWanted(null),
  });
  return (
    <section className={styles.panel}>
      <h2>{t('users.listening.title')}</h2>
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={wanted ?? policy.data?.operatorsListen ?? false}
          disabled={!mayDecide || policy.data === undefined || wanted !== null}
          onChange={(event) => {
            const operatorsListen = event.target.checked;
            setWanted(operatorsListen);
            save.mutate({ operatorsListen });
          }}
          data-testid="operators-listen"
        />
        {t('users.listening.operators')}
      </label>
      <p className={styles.muted}>{t('users.listening.note')}</p>
      {policy.isError && <FaultNotice fault={policy.error} onRetry={() => void policy.refetch()} />}
      {save.isError && <FaultNotice fault={save.error} />}
    </section>
  );
}
