import { type PhaseEntry, type PollPhase, pollPhases } from '@nigehban/domain/election-phase.ts';
import { localOfMs, msOfLocal } from '../admin/recipient-draft.ts';

/** An entry of the clock as it is typed; `startsAt` is local: `2024-02-08T16:05`. */
export interface PhaseRow {
  /** Only to tell rows apart. */
  readonly id: number;
  /** Empty: every district without an entry of its own. */
  readonly districtCode: string;
  readonly phase: PollPhase;
  readonly startsAt: string;
}

export function rowsOf(entries: readonly PhaseEntry[]): readonly PhaseRow[] {
  return [...entries]
    .sort((a, b) => a.startsAtMs - b.startsAtMs)
    .map((entry, id) => ({
      id,
      districtCode: entry.districtCode ?? '',
      phase: entry.phase,
      startsAt: localOfMs(entry.startsAtMs),
    }));
}

/** A further row: of the same district, the phase that follows, with no time yet. */
export function addRow(rows: readonly PhaseRow[]): readonly PhaseRow[] {
  const last = rows.at(-1);
  const following = last === undefined ? 1 : pollPhases.indexOf(last.phase) + 1;
  const row: PhaseRow = {
    id: Math.max(-1, ...rows.map((one) => one.id)) + 1,
    districtCode: last?.districtCode ?? '',
    phase: pollPhases[following % pollPhases.length] ?? 'idle',
    startsAt: '',
  };
  return [...rows, row];
}

/** Ids of rows that lack a time, or that begin together with another of their district. */
export function wrongRows(rows: readonly PhaseRow[]): {
  readonly untimed: ReadonlySet<number>;
  readonly doubled: ReadonlySet<number>;
} {
  const untimed = new Set(rows.filter((row) => msOfLocal(row.startsAt) === null).map((r) => r.id));
  const seen = new Set<string>();
  const doubled = new Set<number>();
  for (const row of rows) {
    if (untimed.has(row.id)) continue;
    const key = `${row.districtCode} ${row.startsAt}`;
    if (seen.has(key)) doubled.add(row.id);
    seen.add(key);
  }
  return { untimed, doubled };
}

/** What is sent; null while a row is wrong. */
export function entriesOf(rows: readonly PhaseRow[]): readonly PhaseEntry[] | null {
  const { untimed, doubled } = wrongRows(rows);
  if (untimed.size + doubled.size > 0) return null;
  return rows.flatMap((row) => {
    const startsAtMs = msOfLocal(row.startsAt);
    const districtCode = row.districtCode === '' ? null : row.districtCode;
    return startsAtMs === null ? [] : [{ districtCode, phase: row.phase, startsAtMs }];
  });
}
