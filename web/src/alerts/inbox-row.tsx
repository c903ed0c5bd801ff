import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { Link } from '@tanstack/react-router';
import { ChevronDown, ChevronRight, CloudOff, Layers, MoonStar, User } from 'lucide-react';
import type { ReactNode } from 'react';
import { Code, useI18n } from '../i18n/i18n.tsx';
import { useIncidentTitle } from '../incidents/incident-title.ts';
import { StatusBadge } from '../status/status-mark.tsx';
import { alertTone } from '../status/status-tone.ts';
import { classNames } from '../ui/class-names.ts';
import { select } from './alert-search.ts';
import styles from './inbox.module.css';
import type { InboxRow, Selection } from './inbox-rows.ts';
import { SeverityTag } from './severity-tag.tsx';

/** What a row of either kind is told. */
export interface RowState {
  readonly selected: boolean;
  readonly nowMs: number;
  /** Its acknowledgement is on the way or waits for the link. */
  readonly pending: boolean;
  /** Selected and pressed again. */
  readonly onOpen: () => void;
}

/** A link that selects; pressed when it is selected already, it opens. */
function RowLink(props: {
  readonly to: NonNullable<Selection>;
  readonly state: RowState;
  readonly children: ReactNode;
}) {
  const { selected, onOpen } = props.state;
  return (
    <Link
      from="/alerts"
      search={(former) => select(former, props.to)}
      replace
      preload={false}
      aria-current={selected ? 'true' : undefined}
      className={styles.rowLink}
      onClick={(event) => {
        if (!selected) return;
        event.preventDefault();
        onOpen();
      }}
    >
      {props.children}
    </Link>
  );
}

function StateTag(props: {
  readonly state: AlertView['state'];
  readonly level: number;
  readonly pending: boolean;
}) {
  const { t } = useI18n();
  if (props.pending) {
    return <span className={styles.stateTag}>{t('alerts.acknowledging')}</span>;
  }
  const escalated = props.state !== 'closed' && props.level > 0;
  return (
    <span className={classNames(styles.stateTag, styles[escalated ? 'escalated' : props.state])}>
      {escalated && t('alerts.escalated')}
      {escalated && props.state === 'acknowledged' && ' · '}
      {(!escalated || props.state === 'acknowledged') && t(`alerts.state.${props.state}`)}
    </span>
  );
}

function Assignee(props: { readonly name: string | null }) {
  if (props.name === null) return null;
  return (
    <span className={styles.assignee}>
      <User aria-hidden="true" />
      <bdi>{props.name}</bdi>
    </span>
  );
}

export function AlertRow(props: {
  readonly row: Extract<InboxRow, { kind: 'alert' }>;
  readonly state: RowState;
}) {
  const { t, pick, age } = useI18n();
  const { alert, inside } = props.row;
  const { nowMs, pending } = props.state;
  return (
    <div
      className={styles.row}
      data-testid="alert-row"
      data-alert-id={alert.id}
      data-station-code={alert.stationCode}
      data-state={alert.state}
      data-kind={alert.kind}
      data-severity={alert.severity}
      data-inside={inside ?? undefined}
      data-expected={alert.expected !== null}
    >
      <RowLink to={{ kind: 'alert', id: alert.id }} state={props.state}>
        <span className={styles.rowTitle}>
          <strong>{pick(alert.stationName, alert.stationNameUr)}</strong>
          <span className={styles.rowAge}>
            {age((alert.closedAtMs ?? nowMs) - alert.openedAtMs)}
          </span>
        </span>
        <span className={styles.rowFacts}>
          <StatusBadge tone={alert.state === 'closed' ? 'none' : alertTone[alert.kind]}>
            {t(`alerts.kind.${alert.kind}`)}
          </StatusBadge>
          {alert.expected === null ? (
            <SeverityTag severity={alert.severity} />
          ) : (
            <span className={styles.expectedTag}>
              <MoonStar aria-hidden="true" />
              {t('alerts.expected')}
            </span>
          )}
          <span className={styles.spacer} />
          <Assignee name={alert.assignee} />
          <StateTag state={alert.state} level={alert.escalationLevel} pending={pending} />
        </span>
        <span className={styles.rowNote}>
          {t('alerts.downShort', { down: alert.down, cameras: alert.cameras })} ·{' '}
          <Code>{alert.stationCode}</Code>
          {alert.reopened > 0 && <> · {t('alerts.reopened', { count: alert.reopened })}</>}
        </span>
      </RowLink>
    </div>
  );
}

export function IncidentRow(props: {
  readonly row: Extract<InboxRow, { kind: 'incident' }>;
  readonly state: RowState;
  readonly onFold: (unfolded: boolean) => void;
}) {
  const { t, age } = useI18n();
  const { incident, unfolded } = props.row;
  const { nowMs, pending } = props.state;
  const title = useIncidentTitle();
  const name = title(incident);
  return (
    <div
      className={classNames(styles.row, styles.incidentRow)}
      data-testid="incident-row"
      data-incident-id={incident.id}
      data-state={incident.state}
      data-severity={incident.severity}
      data-unfolded={unfolded}
    >
      <button
        type="button"
        className={styles.fold}
        aria-expanded={unfolded}
        aria-label={t(unfolded ? 'incidents.fold' : 'incidents.unfold', { name })}
        onClick={() => props.onFold(!unfolded)}
      >
        {unfolded ? (
          <ChevronDown aria-hidden="true" />
        ) : (
          <ChevronRight aria-hidden="true" data-directional="true" />
        )}
      </button>
      <RowLink to={{ kind: 'incident', id: incident.id }} state={props.state}>
        <span className={styles.rowTitle}>
          <strong>{name}</strong>
          <span className={styles.rowAge}>
            {age((incident.closedAtMs ?? nowMs) - incident.startedAtMs)}
          </span>
        </span>
        <span className={styles.rowFacts}>
          <span className={styles.incidentTag}>
            {incident.kind === 'OWN' ? (
              <CloudOff aria-hidden="true" />
            ) : (
              <Layers aria-hidden="true" />
            )}
            {t(`incidents.kind.${incident.kind}`)}
          </span>
          <SeverityTag severity={incident.severity} />
          <span className={styles.spacer} />
          <Assignee name={incident.assignee} />
          <StateTag state={incident.state} level={incident.escalationLevel} pending={pending} />
        </span>
        <span className={styles.rowNote}>
          {t('incidents.stations', { stations: incident.stations, of: incident.ofStations })}
          {incident.unacknowledgedAlerts > 0 && (
            <> · {t('incidents.unacknowledged', { count: incident.unacknowledgedAlerts })}</>
          )}
        </span>
      </RowLink>
    </div>
  );
}
