import type { DiscoveryRunView } from '@nigehban/domain/api/discovery-types.ts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { RotateCcw, X } from 'lucide-react';
import { useState } from 'react';
import { useServerNow } from '../app/services.tsx';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import type { StatusTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { discoveryApi } from './discovery-api.ts';
import styles from './discovery-page.module.css';
import { QuarantineList } from './quarantine-list.tsx';
import { draftOf, emptyDraft, type RunDraft } from './run-draft.ts';
import { RunForm } from './run-form.tsx';

const runningEveryMs = 1_500;
const restingEveryMs = 15_000;
const shownCidrs = 4;

const runTone: Readonly<Record<DiscoveryRunView['state'], StatusTone>> = {
  RUNNING: 'pending',
  DONE: 'ok',
  CANCELLED: 'none',
};
const countKinds = ['found', 'bound', 'known', 'quarantined', 'refused', 'failed'] as const;

/** Looks for cameras in the network, and asks a person about those that fit nowhere. */
export function DiscoveryPage() {
  const { t } = useI18n();
  const queryClient = useQueryClient();
  const [draft, setDraft] = useState<{ readonly turn: number; readonly of: RunDraft }>({
    turn: 0,
    of: emptyDraft,
  });
  const runs = useQuery({
    queryKey: ['discovery', 'runs'],
    queryFn: discoveryApi.runs,
    refetchInterval: ({ state }) =>
      state.data?.some((run) => run.state === 'RUNNING') === true ? runningEveryMs : restingEveryMs,
  });
  const quarantine = useQuery({
    queryKey: ['discovery', 'quarantine'],
    queryFn: discoveryApi.quarantine,
    refetchInterval: runs.data?.some((run) => run.state === 'RUNNING') ? 3_000 : restingEveryMs,
  });
  const refresh = () => queryClient.invalidateQueries({ queryKey: ['discovery'] });
  return (
    <div className={styles.page}>
      <h1>{t('discovery.title')}</h1>
      <div className={styles.columns}>
        <div className={styles.column}>
          <RunForm key={draft.turn} draft={draft.of} onStarted={() => void refresh()} />
          <section className={styles.panel}>
            <h2>{t('discovery.runs')}</h2>
            {runs.isError && <FaultNotice fault={runs.error} onRetry={() => void runs.refetch()} />}
            {runs.data?.length === 0 && <p className={styles.muted}>{t('discovery.runs.none')}</p>}
            <ul className={styles.runs} data-testid="discovery-runs">
              {runs.data?.map((run) => (
                <li key={run.id}>
                  <Run
                    run={run}
                    onChanged={() => void refresh()}
                    onAgain={() => setDraft({ turn: draft.turn + 1, of: draftOf(run) })}
                  />
                </li>
              ))}
            </ul>
          </section>
        </div>
        <div className={styles.column}>
          {quarantine.isError && quarantine.data === undefined ? (
            <FaultNotice fault={quarantine.error} onRetry={() => void quarantine.refetch()} />
          ) : quarantine.data === undefined ? (
            <LoadingRows rows={4} />
          ) : (
            <QuarantineList
              devices={quarantine.data}
              onChanged={(devices) =>
                queryClient.setQueryData(['discovery', 'quarantine'], devices)
              }
            />
          )}
        </div>
      </div>
    </div>
  );
}

function Run(props: {
  readonly run: DiscoveryRunView;
  readonly onChanged: () => void;
  readonly onAgain: () => void;
}) {
  const { t, moment } = useI18n();
  const { run } = props;
  const nowMs = useServerNow(10_000);
  const cancel = useMutation({
    mutationFn: () => discoveryApi.cancel(run.id),
    onSettled: props.onChanged,
  });
  const running = run.state === 'RUNNING';
  const share = run.chunks === 0 ? 0 : run.chunksDone / run.chunks;
  return (
    <article className={styles.run} data-testid="discovery-run" data-state={run.state}>
      <div className={styles.runHead}>
        <StatusBadge tone={runTone[run.state]}>{t(`discovery.state.${run.state}`)}</StatusBadge>
        <span className={styles.muted}>
          {t('discovery.started', { by: run.startedBy, time: moment(run.startedAtMs, nowMs) })}
        </span>
        <span className={styles.spacer} />
        {running ? (
          <button
            type="button"
            className={controls.button}
            aria-disabled={cancel.isPending}
            onClick={() => {
              if (!cancel.isPending) cancel.mutate();
            }}
            data-testid="discovery-cancel"
          >
            <X aria-hidden="true" />
            {t('discovery.cancel')}
          </button>
        ) : (
          <button
            type="button"
            className={classNames(controls.button, controls.quiet)}
            onClick={props.onAgain}
          >
            <RotateCcw aria-hidden="true" data-directional="true" />
            {t('discovery.again')}
          </button>
        )}
      </div>
      <p className={styles.ranges}>
        {run.cidrs.slice(0, shownCidrs).map((cidr) => (
          <Code key={cidr}>{cidr}</Code>
        ))}
        {run.cidrs.length > shownCidrs && <span>+{run.cidrs.length - shownCidrs}</span>}
        {run.multicast && <span>{t('discovery.multicastShort')}</span>}
        {run.httpPorts.length > 0 && <Code>HTTP {run.httpPorts.join(', ')}</Code>}
      </p>
      {running && (
        <>
          <progress value={share} max={1} aria-label={t('discovery.state.RUNNING')} />
          <p className={styles.muted}>
            {t('discovery.progress', { asked: run.addressesAsked, total: run.addresses })}
          </p>
        </>
      )}
      {run.fault !== null && (
        <p className={styles.waiting}>
          {t('discovery.waiting', { cause: t(`fault.${run.fault.code}`) })}
        </p>
      )}
      <dl className={styles.counts}>
        {countKinds.map((kind) => (
          <div key={kind} data-zero={run.counts[kind] === 0}>
            <dt>{t(`discovery.count.${kind}`)}</dt>
            <dd data-testid={`run-${kind}`}>{t('health.number', { n: run.counts[kind] })}</dd>
          </div>
        ))}
      </dl>
      {cancel.isError && <FaultNotice fault={cancel.error} />}
    </article>
  );
}
