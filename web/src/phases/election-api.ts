import type {
  ElectionBody,
  ElectionView,
  PhasesView,
} from '@nigehban/domain/api/election-types.ts';
import { request } from '../api/api-client.ts';

/** Elections and their clocks over HTTP. Every call throws ConsoleFault. */
export const electionApi = {
  phases: () => request<PhasesView>('GET', '/api/phases'),
  /** Adds an election, or sets the one that was seen. */
  save: (known: ElectionView | null, body: ElectionBody) =>
    known === null
      ? request<PhasesView>('POST', '/api/elections', { body })
      : request<PhasesView>('PUT', `/api/elections/${known.id}`, {
          body: { ...body, version: known.version },
        }),
  remove: ({ id, version }: ElectionView) =>
    request<PhasesView>('DELETE', `/api/elections/${id}?version=${version}`),
};
