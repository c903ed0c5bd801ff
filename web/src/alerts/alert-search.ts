export interface AlertSearch {
  /** Absent: open ones. */
  readonly state?: 'closed';
  /** The selected alert. */
  readonly sel?: number;
}

export function parseAlertSearch(search: Record<string, unknown>): AlertSearch {
  const sel = Number(search.sel);
  return {
    ...(search.state === 'closed' ? { state: 'closed' } : {}),
    ...(Number.isSafeInteger(sel) && sel > 0 ? { sel } : {}),
  };
}
