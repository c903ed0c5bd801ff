import type { AlertView } from '@nigehban/domain/api/http-types.ts';

/**
 * The rows of the inbox. What a person reads never moves under the cursor: alerts that came after
 * the list was taken wait in `waiting`, and those that closed meanwhile stay where they are.
 */
export interface Inbox {
  /** In the order in which they are shown. */
  readonly rows: readonly AlertView[];
  /** Newer alerts behind the "N new" pill, newest first. */
  readonly waiting: readonly AlertView[];
}

export const emptyInbox: Inbox = { rows: [], waiting: [] };

/** Takes everything into view: unacknowledged before acknowledged, newest first. */
export function takeAll(open: readonly AlertView[]): Inbox {
  const rank = (alert: AlertView): number => (alert.state === 'open' ? 0 : 1);
  const rows = [...open].sort(
    (a, b) => rank(a) - rank(b) || b.openedAtMs - a.openedAtMs || b.id - a.id,
  );
  return { rows, waiting: [] };
}

/**
 * The inbox after the open alerts changed. `closedOf` gives the last known form of an alert that is
 * open no more. An empty list takes arrivals at once: there is nothing that they could move.
 */
export function updateInbox(
  inbox: Inbox,
  open: readonly AlertView[],
  closedOf: (alert: AlertView) => AlertView,
): Inbox {
  if (inbox.rows.length === 0) return takeAll(open);
  const byId = new Map(open.map((alert) => [alert.id, alert]));
  const shown = new Set(inbox.rows.map((alert) => alert.id));
  return {
    rows: inbox.rows.map((row) => byId.get(row.id) ?? closedOf(row)),
    waiting: open.filter((alert) => !shown.has(alert.id)),
  };
}

/** Id of the row `step` away from the selected one; the first when none is selected; stays inside. */
export function stepSelection(
  rows: readonly AlertView[],
  selected: number | null,
  step: 1 | -1,
): number | null {
  const index = rows.findIndex((alert) => alert.id === selected);
  if (index === -1) return rows[0]?.id ?? null;
  return rows[Math.max(0, Math.min(rows.length - 1, index + step))]?.id ?? null;
}
