import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ArrowUp, ShieldCheck, Volume2, VolumeX } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { api } from '../api/api-client.ts';
import { useHotkeys } from '../app/hotkeys.ts';
import { useFleet, useServerNow, useServices } from '../app/services.tsx';
import { useCan } from '../app/session.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { formatTime } from '../i18n/station-time.ts';
import { StatusBadge } from '../status/status-mark.tsx';
import { alertTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice, FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { AlertDetail } from './alert-detail.tsx';
import { readSoundEnabled, writeSoundEnabled } from './alert-sound.ts';
import styles from './alerts-page.module.css';
import { stepSelection } from './inbox.ts';
import { useInbox } from './use-inbox.ts';

const route = getRouteApi('/alerts');
const pageSize = 50;

/** What was lost and is to be looked at; closed ones by the filter. */
export function AlertsPage() {
  const { t } = useI18n();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const closed = search.state === 'closed';
  return (
    <div className={styles.page} data-selected={search.sel !== undefined}>
      <div className={styles.toolbar}>
        <h1>{t('alerts.title')}</h1>
        {/* biome-ignore lint/a11y/useSemanticElements: buttons in a row, no form */}
        <div className={controls.group} role="group" aria-label={t('alerts.filter')}>
          <button
            type="button"
            aria-pressed={!closed}
            onClick={() => void navigate({ search: {} })}
          >
            {t('alerts.filter.open')}
          </button>
          <button
            type="button"
            aria-pressed={closed}
            onClick={() => void navigate({ search: { state: 'closed' } })}
          >
            {t('alerts.filter.closed')}
          </button>
        </div>
        <span className={styles.spacer} />
        <SoundSwitch />
      </div>
      {closed ? <ClosedAlerts /> : <OpenAlerts />}
    </div>
  );
}

function SoundSwitch() {
  const { t } = useI18n();
  const [enabled, setEnabled] = useState(readSoundEnabled);
  return (
    <button
      type="button"
      className={controls.button}
      aria-pressed={enabled}
      onClick={() => {
        writeSoundEnabled(!enabled);
        setEnabled(!enabled);
      }}
    >
      {enabled ? <Volume2 aria-hidden="true" /> : <VolumeX aria-hidden="true" />}
      {t(enabled ? 'alerts.sound.on' : 'alerts.sound.off')}
    </button>
  );
}

function OpenAlerts() {
  const { t } = useI18n();
  const { loaded, asOfMs } = useFleet();
  const { inbox, takeNew } = useInbox();
  useHotkeys([{ keys: ['n'], run: takeNew }]);
  if (!loaded) return <LoadingRows rows={6} />;
  return (
    <AlertBrowser
      rows={inbox.rows}
      before={
        inbox.waiting.length > 0 && (
          <button
            type="button"
            className={classNames(controls.button, controls.primary, styles.pill)}
            onClick={takeNew}
            data-testid="alerts-new"
          >
            <ArrowUp aria-hidden="true" />
            {t('alerts.new', { count: inbox.waiting.length })}
          </button>
        )
      }
      empty={
        <EmptyNotice
          icon={<ShieldCheck aria-hidden="true" />}
          title={t('alerts.empty.title')}
          text={t('alerts.empty.text', { time: asOfMs === null ? '' : formatTime(asOfMs) })}
        />
      }
    />
  );
}

function ClosedAlerts() {
  const { t } = useI18n();
  const closed = useInfiniteQuery({
    queryKey: ['alerts', 'closed'],
    queryFn: ({ pageParam }) =>
      api.alerts('closed', {
        limit: pageSize,
        ...(pageParam === null ? {} : { before: pageParam }),
      }),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => (last.length < pageSize ? null : (last.at(-1)?.id ?? null)),
  });
  if (closed.isError) {
    return <FaultNotice fault={closed.error} onRetry={() => void closed.refetch()} />;
  }
  if (closed.data === undefined) return <LoadingRows rows={6} />;
  return (
    <AlertBrowser
      rows={closed.data.pages.flat()}
      after={
        closed.hasNextPage && (
          <button
            type="button"
            className={classNames(controls.button, styles.more)}
            disabled={closed.isFetchingNextPage}
            onClick={() => void closed.fetchNextPage()}
          >
            {t('alerts.more')}
          </button>
        )
      }
      empty={<EmptyNotice title={t('alerts.emptyClosed')} />}
    />
  );
}

function AlertBrowser(props: {
  readonly rows: readonly AlertView[];
  readonly before?: React.ReactNode;
  readonly after?: React.ReactNode;
  readonly empty: React.ReactNode;
}) {
  const { t } = useI18n();
  const { sel } = route.useSearch();
  const navigate = route.useNavigate();
  const { store } = useServices();
  const nowMs = useServerNow(1_000);
  const mayAcknowledge = useCan('alert.acknowledge');
  const selected = useMemo(
    () => props.rows.find((alert) => alert.id === sel) ?? null,
    [props.rows, sel],
  );
  const acknowledge = useMutation({
    mutationFn: (alert: AlertView) => api.acknowledge(alert.id, { version: alert.version }),
    onSuccess: (alert) => store.apply({ type: 'alert', seq: 0, alert }),
  });
  const tryAcknowledge = (alert: AlertView | null): void => {
    if (mayAcknowledge && alert?.state === 'open' && !acknowledge.isPending) {
      acknowledge.mutate(alert);
    }
  };
  const select = (id: number | null): void =>
    void navigate({
      search: ({ sel: _, ...rest }) => (id === null ? rest : { ...rest, sel: id }),
      replace: true,
    });

  useHotkeys([
    { keys: ['j'], run: () => select(stepSelection(props.rows, sel ?? null, 1)) },
    { keys: ['k'], run: () => select(stepSelection(props.rows, sel ?? null, -1)) },
    { keys: ['a'], run: () => tryAcknowledge(selected) },
    {
      keys: ['o'],
      run: () => {
        if (selected === null) return;
        void navigate({ to: '/stations/$code', params: { code: selected.stationCode } });
      },
    },
    { keys: ['Escape'], run: () => select(null) },
  ]);

  return (
    <div className={styles.split}>
      <div className={styles.list}>
        {props.before}
        {props.rows.length === 0 ? (
          props.empty
        ) : (
          <ul>
            {props.rows.map((alert) => (
              <AlertRow key={alert.id} alert={alert} selected={alert.id === sel} nowMs={nowMs} />
            ))}
          </ul>
        )}
        {props.after}
      </div>
      <section className={styles.detail} aria-label={t('alerts.detail')}>
        {selected === null ? (
          props.rows.length > 0 && (
            <EmptyNotice title={t('alerts.select')}>
              <p className={styles.keys} dir="ltr">
                <kbd className={controls.key}>J</kbd> <kbd className={controls.key}>K</kbd>
              </p>
            </EmptyNotice>
          )
        ) : (
          <AlertDetail
            alert={selected}
            nowMs={nowMs}
            mayAcknowledge={mayAcknowledge}
            acknowledging={acknowledge.isPending}
            fault={acknowledge.variables?.id === selected.id ? acknowledge.error : null}
            onAcknowledge={() => tryAcknowledge(selected)}
            onBack={() => select(null)}
          />
        )}
      </section>
    </div>
  );
}

function AlertRow(props: {
  readonly alert: AlertView;
  readonly selected: boolean;
  readonly nowMs: number;
}) {
  const { t, pick, age } = useI18n();
  const { alert, selected, nowMs } = props;
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  return (
    <li
      ref={row}
      className={styles.row}
      data-testid="alert-row"
      data-alert-id={alert.id}
      data-station-code={alert.stationCode}
      data-state={alert.state}
      data-kind={alert.kind}
    >
      <Link
        from="/alerts"
        search={(former) => ({ ...former, sel: alert.id })}
        replace
        aria-current={selected ? 'true' : undefined}
        className={styles.rowLink}
      >
        <span className={styles.rowTitle}>
          <strong>{pick(alert.stationName, alert.stationNameUr)}</strong>
          <span className={styles.rowAge}>
            {alert.closedAtMs === null
              ? age(nowMs - alert.openedAtMs)
              : age(alert.closedAtMs - alert.openedAtMs)}
          </span>
        </span>
        <span className={styles.rowFacts}>
          <StatusBadge tone={alert.state === 'closed' ? 'none' : alertTone[alert.kind]}>
            {t(`alerts.kind.${alert.kind}`)}
          </StatusBadge>
          <span className={classNames(styles.stateTag, styles[alert.state])}>
            {t(`alerts.state.${alert.state}`)}
          </span>
        </span>
        <span className={styles.muted}>
          {t('alerts.down', { down: alert.down, cameras: alert.cameras })} ·{' '}
          <Code>{alert.stationCode}</Code>
        </span>
      </Link>
    </li>
  );
}
