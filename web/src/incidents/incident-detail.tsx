import type { IncidentView } from '@nigehban/domain/api/alert-types.ts';
import { expectedDarkScopes } from '@nigehban/domain/expected-dark.ts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ArrowLeft, CheckCheck, MoonStar, UserPlus } from 'lucide-react';
import { useMemo } from 'react';
import { alertApi } from '../alerts/alert-api.ts';
import styles from '../alerts/alerts-page.module.css';
import { type Climb, EscalateButton } from '../alerts/escalate-button.tsx';
import { LifeTimeline } from '../alerts/life-timeline.tsx';
import { NoteForm } from '../alerts/note-form.tsx';
import { IncidentRunbook } from '../alerts/runbook.tsx';
import { SeverityTag } from '../alerts/severity-tag.tsx';
import { UnheardNotice } from '../alerts/unheard-notice.tsx';
import type { Acknowledging } from '../alerts/use-acknowledge.ts';
import { useFleet, useServerNow } from '../app/services.tsx';
import { useCan } from '../app/session.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { classNames } from '../ui/class-names.ts';
import controls from '../ui/controls.module.css';
import { FaultNotice, LoadingRows } from '../ui/notice.tsx';
import { BulkOutcome } from './bulk-outcome.tsx';
import { EvidenceText } from './evidence-text.tsx';
import { useIncidentTitle } from './incident-title.ts';

/** The detail carries up to 2,000 alerts: while an incident changes it is asked for this seldom. */
const freshForMs = 10_000;

interface IncidentActions {
  readonly onAcknowledge?: () => void;
  readonly onAssign?: () => void;
  readonly onEscalate?: (climb: Climb) => void;
}

/** An incident: its likely cause with the evidence, its extent, and what was done. */
export function IncidentDetail(
  props: {
    readonly id: number;
    readonly acknowledging: Acknowledging | null;
    readonly onBack: () => void;
  } & IncidentActions,
) {
  const { t } = useI18n();
  const { id } = props;
  const { openIncidents } = useFleet();
  const known = useMemo(
    () => openIncidents.find((incident) => incident.id === id) ?? null,
    [openIncidents, id],
  );
  const detail = useQuery({
    queryKey: ['incident', id],
    queryFn: () => alertApi.incident(id),
    staleTime: freshForMs,
    refetchInterval: (query) =>
      known !== null && (query.state.data?.version ?? 0) < known.version ? freshForMs : false,
  });
  const told = detail.data ?? null;
  const incident = known !== null && known.version >= (told?.version ?? 0) ? known : told;
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
      {incident === null ? (
        !detail.isError && <LoadingRows rows={4} />
      ) : (
        <Body {...props} incident={incident} timeline={told?.timeline ?? null} />
      )}
    </>
  );
}

function Body(
  props: {
    readonly incident: IncidentView;
    readonly timeline: Parameters<typeof LifeTimeline>[0]['steps'] | null;
    readonly acknowledging: Acknowledging | null;
  } & IncidentActions,
) {
  const { t } = useI18n();
  const { incident, acknowledging } = props;
  const queries = useQueryClient();
  const title = useIncidentTitle();
  const nowMs = useServerNow(1_000);
  const mayAcknowledge = useCan('alert.acknowledge');
  return (
    <>
      <header className={styles.detailHeader}>
        <div className={styles.badges}>
          <span className={styles.tag}>{t(`incidents.kind.${incident.kind}`)}</span>
          <SeverityTag severity={incident.severity} />
          <span className={styles.tag}>{t(`alerts.state.${incident.state}`)}</span>
        </div>
        <h2>{title(incident)}</h2>
        <p className={styles.muted}>
          {t('incidents.stations', { stations: incident.stations, of: incident.ofStations })} ·{' '}
          {t('incidents.peak', { count: incident.peakStations })}
        </p>
      </header>
      <EvidenceText incident={incident} />
      <Facts incident={incident} nowMs={nowMs} />
      {acknowledging !== null && (
        <BulkOutcome incidentId={incident.id} outcome={acknowledging.outcome} nowMs={nowMs} />
      )}
      <Actions {...props} mayAcknowledge={mayAcknowledge} />
      {props.timeline !== null && incident.state !== 'closed' && (
        <UnheardNotice steps={props.timeline} />
      )}
      <IncidentRunbook incident={incident} />
      {props.timeline === null ? (
        <LoadingRows rows={3} />
      ) : (
        <LifeTimeline steps={props.timeline} transitions={noTransitions} nowMs={nowMs} />
      )}
      {mayAcknowledge && (
        <NoteForm
          save={(text) => alertApi.noteIncident(incident.id, { text })}
          onSaved={() => void queries.invalidateQueries({ queryKey: ['incident', incident.id] })}
        />
      )}
    </>
  );
}

const noTransitions: readonly [] = [];

function Facts(props: { readonly incident: IncidentView; readonly nowMs: number }) {
  const { t, age, moment } = useI18n();
  const { incident, nowMs } = props;
  return (
    <ol className={styles.times}>
      <li>
        {t('incidents.started', { time: moment(incident.startedAtMs, nowMs) })}{' '}
        <span className={styles.muted}>
          ({age((incident.closedAtMs ?? nowMs) - incident.startedAtMs)})
        </span>
      </li>
      {incident.acknowledgedAtMs !== null && (
        <li>
          {t('alerts.acknowledgedBy', {
            name: incident.acknowledgedBy ?? '',
            time: moment(incident.acknowledgedAtMs, nowMs),
          })}
        </li>
      )}
      {incident.assignee !== null && <li>{t('alerts.assign.now', { name: incident.assignee })}</li>}
      {incident.escalationLevel > 0 && (
        <li>{t('alerts.escalatedTo', { level: incident.escalationLevel })}</li>
      )}
      {incident.closedAtMs !== null && (
        <li>{t('alerts.closed', { time: moment(incident.closedAtMs, nowMs) })}</li>
      )}
    </ol>
  );
}

function Actions(
  props: {
    readonly incident: IncidentView;
    readonly acknowledging: Acknowledging | null;
    readonly mayAcknowledge: boolean;
  } & IncidentActions,
) {
  const { t } = useI18n();
  const { incident } = props;
  const mayManage = useCan('alert.manage');
  const escalate = (
    <EscalateButton
      subject={{ closed: incident.state === 'closed', level: incident.level }}
      onEscalate={props.onEscalate}
    />
  );
  if (!props.mayAcknowledge) return null;
  if (incident.state === 'closed') return <div className={styles.actions}>{escalate}</div>;
  const { kind } = incident.cause;
  const scope = expectedDarkScopes.find((one) => one === kind);
  const pending = props.acknowledging?.pendingIncidents.includes(incident.id) ?? false;
  const acknowledgeable = incident.state === 'open' || incident.unacknowledgedAlerts > 0;
  return (
    <div className={styles.actions}>
      {acknowledgeable && props.onAcknowledge !== undefined && (
        <button
          type="button"
          className={classNames(controls.button, controls.primary)}
          aria-disabled={pending}
          aria-keyshortcuts="A"
          onClick={props.onAcknowledge}
          data-testid="incident-acknowledge"
        >
          <CheckCheck aria-hidden="true" />
          {pending
            ? t('alerts.acknowledging')
            : t('incidents.acknowledgeAll', { count: incident.unacknowledgedAlerts })}
          <kbd className={styles.keyHint}>A</kbd>
        </button>
      )}
      {props.onAssign !== undefined && (
        <button
          type="button"
          className={controls.button}
          aria-keyshortcuts="E"
          onClick={props.onAssign}
        >
          <UserPlus aria-hidden="true" />
          {t('alerts.assign')}
          <kbd className={styles.keyHint}>E</kbd>
        </button>
      )}
      {escalate}
      {mayManage && scope !== undefined && (
        <Link
          to="/expected-dark"
          search={{ scope, key: incident.cause.key }}
          className={controls.button}
        >
          <MoonStar aria-hidden="true" />
          {t('incidents.announce')}
        </Link>
      )}
    </div>
  );
}
