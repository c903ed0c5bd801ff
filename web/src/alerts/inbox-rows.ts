import type { IncidentView } from '@nigehban/domain/api/alert-types.ts';
import type { AlertView } from '@nigehban/domain/api/http-types.ts';
import type { InboxEntry } from './inbox.ts';

/** What is selected, by the address: an alert or an incident. */
export type Selection =
  | { readonly kind: 'alert'; readonly id: number }
  | { readonly kind: 'incident'; readonly id: number }
  | null;

/** One line of the list. */
export type InboxRow =
  | {
      readonly key: string;
      readonly kind: 'incident';
      readonly incident: IncidentView;
      readonly alerts: readonly AlertView[];
      readonly unfolded: boolean;
    }
  | {
      readonly key: string;
      readonly kind: 'alert';
      readonly alert: AlertView;
      /** The incident in whose fold it stands; null beside incidents. */
      readonly inside: number | null;
    };

/** The lines of the entries, alerts of unfolded incidents below theirs. */
export function listRows(
  entries: readonly InboxEntry[],
  unfolded: ReadonlySet<number>,
): readonly InboxRow[] {
  const rows: InboxRow[] = [];
  for (const entry of entries) {
    if (entry.kind === 'alert') {
      rows.push({ key: `a${entry.alert.id}`, kind: 'alert', alert: entry.alert, inside: null });
      continue;
    }
    const { incident, alerts } = entry;
    const isUnfolded = unfolded.has(incident.id);
    rows.push({
      key: `i${incident.id}`,
      kind: 'incident',
      incident,
      alerts,
      unfolded: isUnfolded,
    });
    if (!isUnfolded) continue;
    for (const alert of alerts) {
      rows.push({ key: `a${alert.id}`, kind: 'alert', alert, inside: incident.id });
    }
  }
  return rows;
}

export function selectionOf(row: InboxRow): NonNullable<Selection> {
  return row.kind === 'alert'
    ? { kind: 'alert', id: row.alert.id }
    : { kind: 'incident', id: row.incident.id };
}

export function keyOf(selection: Selection): string | null {
  return selection === null ? null : `${selection.kind === 'alert' ? 'a' : 'i'}${selection.id}`;
}

/** The row `step` away from the selected one; the first when none is selected; stays inside. */
export function stepRow(
  rows: readonly InboxRow[],
  selected: Selection,
  step: number,
): InboxRow | null {
  const key = keyOf(selected);
  const index = rows.findIndex((row) => row.key === key);
  if (index === -1) return rows[0] ?? null;
  return rows[Math.max(0, Math.min(rows.length - 1, index + step))] ?? null;
}
