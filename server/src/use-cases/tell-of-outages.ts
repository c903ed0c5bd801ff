import type { AlertStepMessage, IncidentView } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { gravestPhase } from '@nigehban/domain/election-phase.ts';
import { levelOfNumber } from '@nigehban/domain/manual-escalation.ts';
import {
  type EscalatedByHand,
  type EscalationLevel,
  levelRank,
  type NoticeOccasion,
  type NoticeStep,
} from '@nigehban/domain/notice-occasion.ts';
import { readAlerts } from '../store/alert-store.ts';
import type { Queryable } from '../store/database.ts';
import { readIncidents } from '../store/incident-store.ts';
import { readDistrictPlace, readIncidentPlace } from '../store/occasion-store.ts';

/** What an engine's step means for the people to be told; null: nothing. */
export type OutageNews =
  /** Tell of it, and begin its timers. */
  | { readonly kind: 'tell'; readonly occasion: NoticeOccasion; readonly climbs: boolean }
  /** Somebody has it in hand, or it is over: the timers end. */
  | { readonly kind: 'settled'; readonly occasion: NoticeOccasion | null };

const noticeSteps: Readonly<Record<AlertStepMessage['step'], NoticeStep | null>> = {
  page: 'opened',
  changed: 'worsened',
  escalated: 'escalated',
  closed: 'closed',
  acknowledged: null,
  assigned: null,
};

/** Reads what a step of the outbox is about. Null when there is nothing to tell (any more). */
export async function readOutageNews(
  sql: Queryable,
  message: AlertStepMessage,
): Promise<OutageNews | null> {
  const step = noticeSteps[message.step];
  const occasion =
    'alertId' in message
      ? await occasionOfAlert(sql, message, step)
      : await occasionOfIncident(sql, message, step);
  if (message.step === 'acknowledged') {
    return (await isInHand(sql, message)) ? { kind: 'settled', occasion: null } : null;
  }
  if (occasion === null) return null;
  if (occasion.step === 'closed') return { kind: 'settled', occasion };
  const climbs = message.step === 'page' || message.byHand?.begins === true;
  return { kind: 'tell', occasion, climbs };
}

/** False when it ended and began anew since it was acknowledged: nobody has that in hand. */
async function isInHand(sql: Queryable, message: AlertStepMessage): Promise<boolean> {
  if ('incidentId' in message) return true;
  const [alert] = await readAlerts(sql, { ids: [message.alertId], limit: 1 });
  return alert !== undefined && alert.acknowledgedAtMs !== null;
}

async function occasionOfAlert(
  sql: Queryable,
  message: Extract<AlertStepMessage, { alertId: number }>,
  step: NoticeStep | null,
): Promise<NoticeOccasion | null> {
  if (step === null) return null;
  const [alert] = await readAlerts(sql, { ids: [message.alertId], limit: 1 });
  if (alert === undefined) return null;
  const climbedTo = levelOfNumber(alert.escalationLevel);
  if (isStale(message, step, alert, climbedTo)) return null;
  const place = await readDistrictPlace(sql, alert.districtCode);
  return {
    key: `alert-${alert.id}-${message.version}-${message.step}`,
    subject: { kind: 'alert', id: alert.id },
    step: step === 'opened' && alert.reopened > 0 ? 'reopened' : step,
    severity: alert.severity,
    level: message.byHand?.level ?? climbedTo,
    districtCode: alert.districtCode,
    division: place?.division ?? null,
    phase: alert.phase,
    atMs: alert.closedAtMs ?? alert.openedAtMs,
    facts: {
      place: alert.stationCode,
      placeName: alert.stationName,
      placeNameUr: alert.stationNameUr,
      district: place?.district ?? '',
      districtUr: place?.districtUr ?? '',
      what: alert.kind,
      stations: 1,
      cameras: alert.cameras,
      down: alert.down,
      openedAtMs: alert.openedAtMs,
    },
    ...byHandOf(message),
  };
}

async function occasionOfIncident(
  sql: Queryable,
  message: Extract<AlertStepMessage, { incidentId: number }>,
  step: NoticeStep | null,
): Promise<NoticeOccasion | null> {
  if (step === null) return null;
  const [incident] = await readIncidents(sql, { ids: [message.incidentId], limit: 1 });
  if (incident === undefined || isStale(message, step, incident, incident.level)) return null;
  const [only, ...others] = incident.districtCodes;
  const districtCode = only !== undefined && others.length === 0 ? only : null;
  const place = await readIncidentPlace(sql, incident.id, incident.districtCodes);
  const [division, ...otherDivisions] = place.divisions;
  return {
    key: `incident-${incident.id}-${message.version}-${message.step}`,
    subject: { kind: 'incident', id: incident.id },
    step,
    severity: incident.severity,
    level: message.byHand?.level ?? incident.level,
    districtCode,
    division: division !== undefined && otherDivisions.length === 0 ? division : null,
    phase: gravestPhase(place.phases),
    atMs: incident.closedAtMs ?? incident.openedAtMs,
    facts: {
      place: incident.causeName,
      placeName: '',
      placeNameUr: incident.causeNameUr,
      district: place.district ?? '',
      districtUr: place.districtUr ?? '',
      what: incident.cause.kind,
      stations: incident.stations,
      cameras: place.cameras,
      down: place.down,
      openedAtMs: incident.openedAtMs,
    },
    ...byHandOf(message),
  };
}

function byHandOf({ byHand }: AlertStepMessage): { readonly byHand?: EscalatedByHand } {
  if (byHand === undefined) return {};
  const { name, reason, level } = byHand;
  return { byHand: { name, reason, level } };
}

/**
 * A page that comes late, of something that is over or in hand, tells nobody. What a person escalated
 * is told also when it is in hand, unless it ended and began anew meanwhile.
 */
function isStale(
  { byHand }: AlertStepMessage,
  step: NoticeStep,
  what: AlertView | IncidentView,
  level: EscalationLevel,
): boolean {
  if (step === 'closed') return what.closedAtMs === null;
  if (what.closedAtMs !== null) return true;
  return byHand === undefined
    ? what.acknowledgedAtMs !== null
    : levelRank(level) < levelRank(byHand.level);
}
