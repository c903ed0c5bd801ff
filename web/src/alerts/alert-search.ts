import type { Selection } from './inbox-rows.ts';

export interface AlertSearch {
  /** Absent: open ones. */
  readonly state?: 'closed';
  readonly district?: string;
  /** The selected alert. */
  readonly sel?: number;
  /** The selected incident. */
  readonly incident?: number;
}

export function parseAlertSearch(search: Record<string, unknown>): AlertSearch {
  const sel = idOf(search.sel);
  const incident = idOf(search.incident);
  const { district } = search;
  return {
    ...(search.state === 'closed' ? { state: 'closed' } : {}),
    ...(typeof district === 'string' && district !== '' ? { district } : {}),
    ...(sel === null ? {} : { sel }),
    ...(incident === null || sel !== null ? {} : { incident }),
  };
}

function idOf(value: unknown): number | null {
  const id = Number(value);
  return Number.isSafeInteger(id) && id > 0 ? id : null;
}

export function selectionIn({ sel, incident }: AlertSearch): Selection {
  if (sel !== undefined) return { kind: 'alert', id: sel };
  return incident === undefined ? null : { kind: 'incident', id: incident };
}

/** The same filters with another selection. */
export function select({ sel, incident, ...filter }: AlertSearch, to: Selection): AlertSearch {
  if (to === null) return filter;
  return to.kind === 'alert' ? { ...filter, sel: to.id } : { ...filter, incident: to.id };
}
