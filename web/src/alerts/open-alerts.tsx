import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { getRouteApi } from '@tanstack/react-router';
import { ArrowUp, ShieldCheck } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { useHotkeys } from '../app/hotkeys.ts';
import { useFleet, useLinkState, useServices } from '../app/services.tsx';
import { useCan, useSession } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { formatTime } from '../i18n/station-time.ts';
import { IncidentDetail } from '../incidents/incident-detail.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { EmptyNotice, LoadingRows } from '../ui/notice.tsx';
import { AlertDetail } from './alert-detail.tsx';
import { AlertList } from './alert-list.tsx';
import { select, selectionIn } from './alert-search.ts';
import styles from './alerts-page.module.css';
import { AssignDialog } from './assign-dialog.tsx';
import { CloseDialog } from './close-dialog.tsx';
import type { Climb } from './escalate-button.tsx';
import { EscalateDialog } from './escalate-dialog.tsx';
import {
  type InboxRow,
  keyOf,
  listRows,
  type Selection,
  selectionOf,
  stepRow,
} from './inbox-rows.ts';
import { useAcknowledge } from './use-acknowledge.ts';
import { useInbox } from './use-inbox.ts';

const route = getRouteApi('/alerts');

/** The open ones: incidents with their alerts inside, lone alerts beside, worked by keys. */
export function OpenAlerts(props: { readonly district: string | null }) {
  const { t } = useI18n();
  const { loaded, asOfMs } = useFleet();
  const { store, clock } = useServices();
  const link = useLinkState();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const session = useSession();
  const mayAcknowledge = useCan('alert.acknowledge');
  const mayManage = useCan('alert.manage');
  const { inbox, unfolded, takeNew, fold } = useInbox(props.district);
  const acknowledging = useAcknowledge();
  const [dialog, setDialog] = useState<'assign' | 'close' | Climb | null>(null);
  const detail = useRef<HTMLElement>(null);

  const rows = useMemo(() => listRows(inbox.entries, unfolded), [inbox.entries, unfolded]);
  const selected = selectionIn(search);
  const selectedKey = keyOf(selected);
  const row = useMemo(
    () => rows.find((candidate) => candidate.key === selectedKey) ?? null,
    [rows, selectedKey],
  );
  const alert = useMemo(() => alertOf(row, inbox, selected), [row, inbox, selected]);
  const choose = (to: Selection): void =>
    void navigate({ search: select(search, to), replace: selected !== null });
  const step = (by: number): void => {
    const next = stepRow(rows, selected, by);
    if (next !== null) choose(selectionOf(next));
  };
  const foldRow = (isUnfolded: boolean): void => {
    if (row?.kind === 'incident') fold(row.incident.id, isUnfolded);
    else if (row?.kind === 'alert' && row.inside !== null && !isUnfolded) {
      fold(row.inside, false);
      choose({ kind: 'incident', id: row.inside });
    }
  };
  const open = (target: InboxRow): void => {
    if (target.kind === 'incident') fold(target.incident.id, !target.unfolded);
    else detail.current?.focus();
  };
  const acknowledge = (): void => {
    if (!mayAcknowledge || selected === null) return;
    if (selected.kind === 'alert') {
      if (alert !== null) acknowledging.alert(alert);
      return;
    }
    const { openAlerts, openIncidents } = store.snapshot();
    const incident = openIncidents.find((one) => one.id === selected.id);
    if (incident === undefined) return;
    const seen = openAlerts.filter((one) => one.incidentId === incident.id);
    if (incident.state !== 'open' && !seen.some((one) => one.state === 'open')) return;
    acknowledging.incident({ id: incident.id, version: incident.version, alerts: seen });
  };
  const back = (): void => {
    if (detail.current?.contains(document.activeElement)) {
      document.querySelector<HTMLElement>(`[data-row-key="${selectedKey}"] a`)?.focus();
    } else if (row?.kind === 'alert' && row.inside !== null) {
      choose({ kind: 'incident', id: row.inside });
    } else choose(null);
  };
  const rtl = document.documentElement.dir === 'rtl';
  useHotkeys([
    { keys: ['n'], run: takeNew },
    { keys: ['j', 'ArrowDown'], run: () => step(1) },
    { keys: ['k', 'ArrowUp'], run: () => step(-1) },
    { keys: ['PageDown'], run: () => step(8) },
    { keys: ['PageUp'], run: () => step(-8) },
    { keys: ['Home'], run: () => step(Number.NEGATIVE_INFINITY) },
    { keys: ['End'], run: () => step(Number.POSITIVE_INFINITY) },
    { keys: [rtl ? 'ArrowLeft' : 'ArrowRight'], run: () => foldRow(true) },
    { keys: [rtl ? 'ArrowRight' : 'ArrowLeft'], run: () => foldRow(false) },
    { keys: ['Enter'], run: () => (row === null ? step(0) : open(row)) },
    { keys: ['a'], run: acknowledge },
    {
      keys: ['e'],
      run: () => {
        if (mayAcknowledge && selected !== null) setDialog('assign');
      },
    },
    {
      keys: ['c'],
      run: () => {
        if (mayManage && alert !== null && alert.state !== 'closed') setDialog('close');
      },
    },
    {
      keys: ['o'],
      run: () => {
        if (alert === null) return;
        void navigate({ to: '/stations/$code', params: { code: alert.stationCode } });
      },
    },
    { keys: ['Escape'], run: back },
  ]);

  if (!loaded) return <LoadingRows rows={6} />;
  const lost = link === 'lost';
  return (
    <div className={styles.split}>
      <div className={styles.list}>
        {lost && asOfMs !== null && (
          <p className={styles.asOf} role="status">
            {t('alerts.asOf', { time: formatTime(clock.nowMs()), count: rows.length })}
          </p>
        )}
        {inbox.waiting > 0 && (
          <button
            type="button"
            className={classNames(controls.button, controls.primary, styles.pill)}
            onClick={takeNew}
            aria-keyshortcuts="N"
            data-testid="alerts-new"
          >
            <ArrowUp aria-hidden="true" />
            {t('alerts.new', { count: inbox.waiting })}
          </button>
        )}
        {rows.length === 0 ? (
          <NothingOpen />
        ) : (
          <AlertList
            rows={rows}
            selected={selected}
            pendingAlerts={acknowledging.pendingAlerts}
            pendingIncidents={acknowledging.pendingIncidents}
            onOpen={open}
            onFold={fold}
          />
        )}
      </div>
      <section
        ref={detail}
        className={styles.detail}
        aria-label={t('alerts.detail')}
        tabIndex={-1}
        data-testid="inbox-detail"
      >
        {selected === null && rows.length > 0 && (
          <EmptyNotice title={t('alerts.select')}>
            <p className={styles.keys} dir="ltr">
              <kbd className={controls.key}>J</kbd> <kbd className={controls.key}>K</kbd>
            </p>
          </EmptyNotice>
        )}
        {selected?.kind === 'alert' && (
          <AlertDetail
            key={selected.id}
            id={selected.id}
            known={alert}
            acknowledging={acknowledging}
            onAcknowledge={acknowledge}
            onAssign={() => setDialog('assign')}
            onEscalate={setDialog}
            onClose={() => setDialog('close')}
            onBack={() => choose(null)}
          />
        )}
        {selected?.kind === 'incident' && (
          <IncidentDetail
            key={selected.id}
            id={selected.id}
            acknowledging={acknowledging}
            onAcknowledge={acknowledge}
            onAssign={() => setDialog('assign')}
            onEscalate={setDialog}
            onBack={() => choose(null)}
          />
        )}
      </section>
      {dialog === 'assign' && selected !== null && session !== null && (
        <AssignDialog of={selected} username={session.username} onClose={() => setDialog(null)} />
      )}
      {typeof dialog === 'object' && dialog !== null && selected !== null && (
        <EscalateDialog
          of={selected}
          from={dialog.from}
          to={dialog.to}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === 'close' && alert !== null && (
        <CloseDialog alert={alert} onClose={() => setDialog(null)} />
      )}
    </div>
  );
}

/** The alert that is selected, also when its row is folded away. */
function alertOf(
  row: InboxRow | null,
  inbox: ReturnType<typeof useInbox>['inbox'],
  selected: Selection,
): AlertView | null {
  if (row?.kind === 'alert') return row.alert;
  if (selected?.kind !== 'alert') return null;
  for (const entry of inbox.entries) {
    const inside = entry.kind === 'alert' ? [entry.alert] : entry.alerts;
    const found = inside.find((alert) => alert.id === selected.id);
    if (found !== undefined) return found;
  }
  return null;
}

function NothingOpen() {
  const { t } = useI18n();
  const { asOfMs } = useFleet();
  return (
    <EmptyNotice
      icon={<ShieldCheck aria-hidden="true" />}
      title={t('alerts.empty.title')}
      text={t('alerts.empty.text', { time: asOfMs === null ? '' : formatTime(asOfMs) })}
    />
  );
}
