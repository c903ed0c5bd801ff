import type {
  AlertDetail,
  AssignBody,
  EscalateBody,
  ExpectedDarkBody,
  ExpectedDarkView,
  IncidentAcknowledgeBody,
  IncidentAcknowledged,
  IncidentDetail,
  IncidentView,
  NoteBody,
  ResolveBody,
} from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import { api, request } from '../api/api-client.ts';

/** Alerts, incidents and expected darkness over HTTP. Every call throws ConsoleFault. */
export const alertApi = {
  detail: (id: number) => request<AlertDetail>('GET', `/api/alerts/${id}`),
  acknowledge: api.acknowledge,
  assign: (id: number, body: AssignBody) =>
    request<AlertView>('POST', `/api/alerts/${id}/assign`, { body }),
  note: (id: number, body: NoteBody) =>
    request<AlertDetail>('POST', `/api/alerts/${id}/notes`, { body }),
  resolve: (id: number, body: ResolveBody) =>
    request<AlertView>('POST', `/api/alerts/${id}/resolve`, { body }),
  escalate: (id: number, body: EscalateBody) =>
    request<AlertView>('POST', `/api/alerts/${id}/escalate`, { body }),
  incidents: (state: 'open' | 'closed', page: { before?: number; limit: number }) =>
    request<readonly IncidentView[]>(
      'GET',
      `/api/incidents?state=${state}&limit=${page.limit}${
        page.before === undefined ? '' : `&before=${page.before}`
      }`,
    ),
  incident: (id: number) => request<IncidentDetail>('GET', `/api/incidents/${id}`),
  acknowledgeIncident: (id: number, body: IncidentAcknowledgeBody) =>
    request<IncidentAcknowledged>('POST', `/api/incidents/${id}/acknowledge`, { body }),
  assignIncident: (id: number, body: AssignBody) =>
    request<IncidentView>('POST', `/api/incidents/${id}/assign`, { body }),
  escalateIncident: (id: number, body: EscalateBody) =>
    request<IncidentView>('POST', `/api/incidents/${id}/escalate`, { body }),
  noteIncident: (id: number, body: NoteBody) =>
    request<IncidentDetail>('POST', `/api/incidents/${id}/notes`, { body }),
  expectedDark: (all: boolean) =>
    request<readonly ExpectedDarkView[]>('GET', `/api/expected-dark${all ? '?state=all' : ''}`),
  saveExpectedDark: (id: number | null, body: ExpectedDarkBody) =>
    id === null
      ? request<ExpectedDarkView>('POST', '/api/expected-dark', { body })
      : request<ExpectedDarkView>('PUT', `/api/expected-dark/${id}`, { body }),
  cancelExpectedDark: (id: number) =>
    request<ExpectedDarkView>('DELETE', `/api/expected-dark/${id}`),
} as const;

/** The most that one page of the list holds. */
const pageSize = 1_000;

/** Every open alert, page after page: a storm has thousands. @throws ConsoleFault */
export async function loadOpenAlerts(): Promise<readonly AlertView[]> {
  const alerts: AlertView[] = [];
  for (;;) {
    const last = alerts.at(-1);
    const page = await api.alerts('open', {
      limit: pageSize,
      ...(last === undefined ? {} : { before: last.id }),
    });
    alerts.push(...page);
    if (page.length < pageSize) return alerts;
  }
}
