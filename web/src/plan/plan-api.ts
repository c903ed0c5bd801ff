import type {
  PlanApplyBody,
  PlanDraftView,
  PlanEdit,
  PlanImportView,
  PlanIssuePage,
  PlanRemovedPage,
} from '@nigehban/domain/api/plan-types.ts';
import type { PlanMapping } from '@nigehban/domain/plan-columns.ts';
import type { PlanIssueCode, PlanSeverity } from '@nigehban/domain/plan-issues.ts';
import { readFault, request } from '../api/api-client.ts';
import { ConsoleFault } from '../api/console-fault.ts';

export interface IssueQuery {
  readonly offset: number;
  readonly limit: number;
  readonly code: PlanIssueCode | null;
  readonly severity: PlanSeverity | null;
  readonly district: string | null;
}

const draftPath = (id: string): string => `/api/plan/drafts/${encodeURIComponent(id)}`;

/** The plan's part of the API. Every call throws {@link ConsoleFault}. */
export const planApi = {
  drafts: () => request<readonly PlanDraftView[]>('GET', '/api/plan/drafts'),
  draft: (id: string) => request<PlanDraftView>('GET', draftPath(id)),
  discard: (id: string) => request<unknown>('DELETE', draftPath(id)),
  check: (id: string) => request<PlanDraftView>('POST', `${draftPath(id)}/check`),
  map: (id: string, mapping: PlanMapping) =>
    request<PlanDraftView>('PUT', `${draftPath(id)}/mapping`, { body: { mapping } }),
  edit: (id: string, edits: readonly PlanEdit[]) =>
    request<PlanDraftView>('PATCH', draftPath(id), { body: { edits } }),
  apply: (id: string, body: PlanApplyBody) =>
    request<PlanDraftView>('POST', `${draftPath(id)}/apply`, { body }),
  issues: (id: string, query: IssueQuery) => {
    const parameters = new URLSearchParams({
      offset: String(query.offset),
      limit: String(query.limit),
      ...(query.code === null ? {} : { code: query.code }),
      ...(query.severity === null ? {} : { severity: query.severity }),
      ...(query.district === null ? {} : { district: query.district }),
    });
    return request<PlanIssuePage>('GET', `${draftPath(id)}/issues?${parameters}`);
  },
  removed: (id: string, offset: number, limit: number) =>
    request<PlanRemovedPage>('GET', `${draftPath(id)}/removed?offset=${offset}&limit=${limit}`),
  imports: () => request<readonly PlanImportView[]>('GET', '/api/plan/imports'),
  undo: (importId: number) =>
    request<PlanImportView>('POST', '/api/plan/undo', { body: { importId } }),
  /** Sends a file; `onSent` is told how much of it has left, from 0 to 1. */
  upload: (file: File, onSent: (share: number) => void): Promise<PlanDraftView> =>
    new Promise((resolve, reject) => {
      // fetch does not tell how far a request's body has come.
      const upload = new XMLHttpRequest();
      upload.open('POST', `/api/plan/drafts?name=${encodeURIComponent(file.name.slice(0, 200))}`);
      upload.setRequestHeader('content-type', 'application/octet-stream');
      upload.upload.onprogress = (event) =>
        onSent(event.total === 0 ? 0 : event.loaded / event.total);
      upload.onerror = () => reject(new ConsoleFault('SERVER_UNREACHABLE', 'upload'));
      upload.onload = () => {
        const response = new Response(upload.responseText, { status: upload.status });
        if (response.ok) resolve(JSON.parse(upload.responseText) as PlanDraftView);
        else void readFault(response).then(reject);
      };
      upload.send(file);
    }),
} as const;
