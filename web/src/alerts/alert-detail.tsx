import type { AlertDetail as AlertDetailView } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { levelOfNumber } from '@nigehban/domain/manual-escalation.ts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowLeft, Check, CircleCheck, Grid2x2, Landmark, Layers, UserPlus } from 'lucide-react';
import { useFleet, useServerNow, useStation } from '../app/services.tsx';
import { useCan } from '../app/session.ts';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { useIncidentTitle } from '../incidents/incident-title.ts';
import { PhaseBadge } from '../phases/phase-badge.tsx';
import { StatusBadge } from '../status/status-mark.tsx';
import { alertTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { layoutFor, orderCameras } from '../wall/wall-layout.ts';
import { alertApi } from './alert-api.ts';
import { AlertCauses } from './alert-causes.tsx';
import styles from './alerts-page.module.css';
import { type Climb, EscalateButton } from './escalate-button.tsx';
import { ExpectedNotice } from './expected-notice.tsx';
import { LastPicture } from './last-picture.tsx';
import { LifeTimeline } from './life-timeline.tsx';
import { NoteForm } from './note-form.tsx';
import { AlertRunbook } from './runbook.tsx';
import { SeverityTag } from './severity-tag.tsx';
import { UnheardNotice } from './unheard-notice.tsx';
import type { Acknowledging } from './use-acknowledge.ts';

export interface AlertActions {
  readonly onAcknowledge?: () => void;
  readonly onAssign?: () => void;
  readonly onEscalate?: (climb: Climb) => void;
  readonly onClose?: () => void;
}

/** One alert: what was lost and why, what to do about it, and what was done. */
export function AlertDetail(
  props: {
    readonly id: number;
    /** What the list knows of it; it may be newer than the detail. */
    readonly known: AlertView | null;
    /** Null where nothing can be done any more. */
    readonly acknowledging: Acknowledging | null;
    readonly onBack: () => void;
  } & AlertActions,
) {
  const { t } = useI18n();
  const { id, known } = props;
  const detail = useQuery({
    queryKey: ['alert', id, known?.version ?? 0],
    queryFn: () => alertApi.detail(id),
    placeholderData: (former) => former,
  });
  const alert = newer(known, detail.data ?? null);
  return (
    <>
      <button
        type="button"
        className={classNames(controls.button, controls.quiet, styles.back)}
        onClick={props.onBack}
      >
        <ArrowLeft aria-hidden="true" data-directional="true" />
        {t('alerts.back')}
      </button>
      {detail.isError && <FaultNotice fault={detail.error} onRetry={() => void detail.refetch()} />}
      {alert === null ? (
        !detail.isError && <LoadingRows rows={4} />
      ) : (
        <Body {...props} alert={alert} detail={detail.data ?? null} />
      )}
    </>
  );
}

function newer(a: AlertView | null, b: AlertView | null): AlertView | null {
  if (a === null || b === null) return a ?? b;
  return b.version >= a.version ? b : a;
}

function Body(
  props: {
    readonly alert: AlertView;
    readonly detail: AlertDetailView | null;
    readonly acknowledging: Acknowledging | null;
  } & AlertActions,
) {
  const { t, pick } = useI18n();
  const { alert, detail, acknowledging } = props;
  const queries = useQueryClient();
  const nowMs = useServerNow(1_000);
  const station = useStation(alert.stationCode);
  const mayAcknowledge = useCan('alert.acknowledge');
  return (
    <>
      <header className={styles.detailHeader}>
        <div className={styles.badges}>
          <StatusBadge tone={alert.state === 'closed' ? 'none' : alertTone[alert.kind]}>
            {t(`alerts.kind.${alert.kind}`)}
          </StatusBadge>
          <SeverityTag severity={alert.severity} />
          <PhaseBadge phase={alert.phase} />
          <span className={styles.tag}>{t(`station.category.${alert.category}`)}</span>
        </div>
        <h2>{pick(alert.stationName, alert.stationNameUr)}</h2>
        <p className={styles.muted}>
          <Code>{alert.stationCode}</Code>
          {station !== null && <> · {pick(station.district, station.districtUr)}</>}
        </p>
      </header>

      <Lead alert={alert} />
      {alert.expected !== null && <ExpectedNotice expected={alert.expected} nowMs={nowMs} />}
      <Facts alert={alert} nowMs={nowMs} />
      {acknowledging !== null && <Outcome alertId={alert.id} acknowledging={acknowledging} />}
      <Actions {...props} />
      {detail !== null && alert.state !== 'closed' && <UnheardNotice steps={detail.timeline} />}
      {detail?.incident != null && detail.incident.state !== 'closed' && (
        <IncidentLink incident={detail.incident} />
      )}
      <div className={styles.columns}>
        <LastPicture alert={alert} />
        <AlertRunbook alert={alert} />
      </div>
      {alert.causes.length > 0 && <AlertCauses alert={alert} />}
      {detail === null ? (
        <LoadingRows rows={3} />
      ) : (
        <LifeTimeline steps={detail.timeline} transitions={detail.transitions} nowMs={nowMs} />
      )}
      {mayAcknowledge && (
        <NoteForm
          save={(text) => alertApi.note(alert.id, { text })}
          onSaved={() => void queries.invalidateQueries({ queryKey: ['alert', alert.id] })}
        />
      )}
    </>
  );
}

function Lead(props: { readonly alert: AlertView }) {
  const { t } = useI18n();
  const { alert } = props;
  const unseen = [...new Set([...alert.lostPlacements, ...alert.missingPlacements])];
  return (
    <p className={styles.lead}>
      {t('alerts.down', { down: alert.down, cameras: alert.cameras })}
      {unseen.length > 0 && (
        <>
          {'. '}
          {t('alerts.lost', {
            placements: unseen
              .map((placement) => t(`placement.${placement}`))
              .join(t('alerts.listSeparator')),
          })}
        </>
      )}
      {'. '}
      {t('alerts.coverage', { percent: Math.round(alert.coverageShare * 100) })}
    </p>
  );
}

function Facts(props: { readonly alert: AlertView; readonly nowMs: number }) {
  const { t, age, moment } = useI18n();
  const { alert, nowMs } = props;
  return (
    <ol className={styles.times}>
      <li>
        {t('alerts.opened', { time: moment(alert.openedAtMs, nowMs) })}
        {alert.closedAtMs === null && (
          <span className={styles.muted}> ({age(nowMs - alert.openedAtMs)})</span>
        )}
      </li>
      {alert.acknowledgedAtMs !== null && (
        <li>
          {t('alerts.acknowledgedBy', {
            name: alert.acknowledgedBy ?? '',
            time: moment(alert.acknowledgedAtMs, nowMs),
          })}
        </li>
      )}
      {alert.assignee !== null && <li>{t('alerts.assign.now', { name: alert.assignee })}</li>}
      {alert.escalationLevel > 0 && (
        <li>{t('alerts.escalatedTo', { level: alert.escalationLevel })}</li>
      )}
      {alert.closedAtMs !== null && (
        <li>
          {t('alerts.closed', { time: moment(alert.closedAtMs, nowMs) })}
          <span className={styles.muted}>
            {' '}
            ({t('alerts.duration', { age: age(alert.closedAtMs - alert.openedAtMs) })})
          </span>
        </li>
      )}
      {alert.resolution !== null && (
        <li>
          {t(`alerts.resolution.${alert.resolution.cause}`)}
          {alert.resolution.by !== null && (
            <span className={styles.muted}> · {alert.resolution.by}</span>
          )}
          {alert.resolution.note !== null && <span dir="auto"> · {alert.resolution.note}</span>}
        </li>
      )}
    </ol>
  );
}

function Outcome(props: { readonly alertId: number; readonly acknowledging: Acknowledging }) {
  const { t } = useI18n();
  const nowMs = useServerNow(5_000);
  const { moment } = useI18n();
  const { outcome } = props.acknowledging;
  if (outcome?.kind === 'fault' && outcome.of === 'alert' && outcome.id === props.alertId) {
    return <FaultNotice fault={outcome.fault} />;
  }
  if (outcome?.kind !== 'alert-conflict' || outcome.alertId !== props.alertId) return null;
  return (
    <p className={styles.conflict} role="alert" data-testid="alert-conflict">
      {outcome.by === null
        ? t('alerts.conflict.changed')
        : t('alerts.conflict.by', {
            name: outcome.by,
            time: moment(outcome.atMs ?? nowMs, nowMs),
          })}
    </p>
  );
}

function Actions(
  props: {
    readonly alert: AlertView;
    readonly acknowledging: Acknowledging | null;
  } & AlertActions,
) {
  const { t } = useI18n();
  const { alert } = props;
  const mayAcknowledge = useCan('alert.acknowledge');
  const mayManage = useCan('alert.manage');
  const mayWatch = useCan('live.watch');
  const pending = props.acknowledging?.pendingAlerts.includes(alert.id) ?? false;
  const open = alert.state !== 'closed';
  return (
    <div className={styles.actions}>
      {alert.state === 'open' && mayAcknowledge && props.onAcknowledge !== undefined && (
        <button
          type="button"
          className={classNames(controls.button, controls.primary)}
          aria-disabled={pending}
          aria-keyshortcuts="A"
          onClick={props.onAcknowledge}
          data-testid="alert-acknowledge"
        >
          <Check aria-hidden="true" />
          {t(pending ? 'alerts.acknowledging' : 'alerts.acknowledge')}
          <kbd className={styles.keyHint}>A</kbd>
        </button>
      )}
      {open && mayAcknowledge && props.onAssign !== undefined && (
        <button
          type="button"
          className={controls.button}
          aria-keyshortcuts="E"
          onClick={props.onAssign}
          data-testid="alert-assign"
        >
          <UserPlus aria-hidden="true" />
          {t('alerts.assign')}
          <kbd className={styles.keyHint}>E</kbd>
        </button>
      )}
      <EscalateButton
        subject={{ closed: !open, level: levelOfNumber(alert.escalationLevel) }}
        onEscalate={props.onEscalate}
      />
      {open && mayManage && props.onClose !== undefined && (
        <button
          type="button"
          className={controls.button}
          aria-keyshortcuts="C"
          onClick={props.onClose}
          data-testid="alert-close"
        >
          <CircleCheck aria-hidden="true" />
          {t('alerts.close')}
          <kbd className={styles.keyHint}>C</kbd>
        </button>
      )}
      <Link to="/stations/$code" params={{ code: alert.stationCode }} className={controls.button}>
        <Landmark aria-hidden="true" />
        {t('alerts.station')}
        <kbd className={styles.keyHint}>O</kbd>
      </Link>
      {mayWatch && <WallLink stationCode={alert.stationCode} />}
    </div>
  );
}

function WallLink(props: { readonly stationCode: string }) {
  const { t } = useI18n();
  const fleet = useFleet();
  const cameras = orderCameras(
    fleet.cameras.filter((camera) => camera.stationCode === props.stationCode),
  );
  if (cameras.length === 0) return null;
  return (
    <Link
      to="/wall/$layout"
      params={{ layout: String(layoutFor(cameras.length)) }}
      search={{ cams: cameras.join() }}
      className={controls.button}
    >
      <Grid2x2 aria-hidden="true" />
      {t('alerts.wall')}
    </Link>
  );
}

function IncidentLink(props: { readonly incident: NonNullable<AlertDetailView['incident']> }) {
  const { t } = useI18n();
  const { incident } = props;
  const title = useIncidentTitle();
  return (
    <Link to="/alerts" search={{ incident: incident.id }} className={styles.incidentLink}>
      <Layers aria-hidden="true" />
      <span>
        {t('alerts.partOf')} <strong>{title(incident)}</strong>
      </span>
      <span className={styles.muted}>
        {t('incidents.stations', { stations: incident.stations, of: incident.ofStations })}
      </span>
    </Link>
  );
}
