import type { AuditChain, AuditPage } from '@nigehban/domain/api/audit-types.ts';
import type { SessionView } from '@nigehban/domain/api/http-types.ts';
import type { ListeningPolicy } from '@nigehban/domain/api/listening-types.ts';
import type {
  NewPassword,
  OwnPasswordBody,
  UserBody,
  UserChange,
  UserView,
} from '@nigehban/domain/api/user-types.ts';
import { request } from '../api/api-client.ts';

const userPath = (username: string) => `/api/users/${encodeURIComponent(username)}`;

/** People and their passwords. Every call throws ConsoleFault. */
export const userApi = {
  list: () => request<readonly UserView[]>('GET', '/api/users'),
  add: (body: UserBody) => request<NewPassword>('POST', '/api/users', { body }),
  change: (username: string, body: UserChange) =>
    request<UserView>('PATCH', userPath(username), { body }),
  resetPassword: (username: string) =>
    request<NewPassword>('POST', `${userPath(username)}/password`),
  signOut: (username: string) => request<UserView>('DELETE', `${userPath(username)}/sessions`),
  changeOwnPassword: (body: OwnPasswordBody) =>
    request<SessionView>('PUT', '/api/session/password', { body }),
} as const;

/** Who may listen to live sound. Every call throws ConsoleFault. */
export const listeningApi = {
  policy: () => request<ListeningPolicy>('GET', '/api/settings/listening'),
  decide: (body: ListeningPolicy) =>
    request<ListeningPolicy>('PUT', '/api/settings/listening', { body }),
} as const;

/** The audit trail; `query` is the filter as the server takes it. Every call throws ConsoleFault. */
export const auditApi = {
  page: (query: URLSearchParams) => request<AuditPage>('GET', `/api/audit?${query}`),
  chain: () => request<AuditChain>('GET', '/api/audit/chain'),
} as const;
