import { msOfLocal } from './recipient-draft.ts';

/** The filters of the audit trail as the address holds them; times as `2024-02-08T08:00`, Pakistan's. */
export interface AuditSearch {
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
}

const texts = ['actor', 'action', 'subject'] as const;
const times = ['from', 'to'] as const;

export function parseAuditSearch(search: Record<string, unknown>): AuditSearch {
  const found: Record<string, string> = {};
  for (const name of texts) {
    const value = search[name];
    if (typeof value === 'string' && value !== '') found[name] = value.slice(0, 200);
  }
  for (const name of times) {
    const value = search[name];
    if (typeof value === 'string' && msOfLocal(value) !== null) found[name] = value;
  }
  return found;
}

/** The filters as the server takes them. */
export function auditQueryOf(search: AuditSearch): URLSearchParams {
  const query = new URLSearchParams();
  const fromMs = msOfLocal(search.from ?? '');
  const toMs = msOfLocal(search.to ?? '');
  if (fromMs !== null) query.set('fromMs', String(fromMs));
  if (toMs !== null) query.set('toMs', String(toMs));
  for (const name of texts) {
    const value = search[name]?.trim();
    if (value !== undefined && value !== '') query.set(name, value);
  }
  return query;
}

/** What a filter leaves out is not named. */
export function withFilter(
  search: AuditSearch,
  name: keyof AuditSearch,
  value: string,
): AuditSearch {
  const { [name]: _, ...rest } = search;
  return value === '' ? rest : { ...rest, [name]: value };
}
