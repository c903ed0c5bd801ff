import type { ElectionBody, ElectionView } from '@nigehban/domain/api/election-types.ts';
import { type PhaseEntry, type PollPhase, pollPhases } from '@nigehban/domain/election-phase.ts';
import { localOfMs, msOfLocal } from '../admin/recipient-draft.ts';

/** An entry of the clock as it is typed; `startsAt` is local: `2024-02-08T16:05`. */
export interface PhaseRow {
  /** Only to tell rows apart. */
  readonly id: number;
  /** Empty: every district of the election without an entry of its own. */
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

/** An election with its clock as it is typed. */
export interface ElectionDraft {
  readonly name: string;
  readonly nameUr: string;
  readonly everywhere: boolean;
  /** In the order of choosing; only of what is not held everywhere. */
  readonly districtCodes: readonly string[];
  readonly rows: readonly PhaseRow[];
}

/** What is typed of a known election; of a new one it is held where somebody will say. */
export function electionDraftOf(known: ElectionView | null): ElectionDraft {
  return {
    name: known?.name ?? '',
    nameUr: known?.nameUr ?? '',
    everywhere: known !== null && known.districtCodes === null,
    districtCodes: known?.districtCodes ?? [],
    rows: rowsOf(known?.entries ?? []),
  };
}

export interface DraftProblems {
  readonly unnamed: boolean;
  readonly nowhere: boolean;
  readonly rows: ReturnType<typeof wrongRows> & {
    /** Ids of rows of a district in which the election is not held. */
    readonly outside: ReadonlySet<number>;
  };
}

export function problemsOf(draft: ElectionDraft): DraftProblems {
  const { everywhere, districtCodes, rows } = draft;
  const outside = rows.filter(
    ({ districtCode }) =>
      !everywhere && districtCode !== '' && !districtCodes.includes(districtCode),
  );
  return {
    unnamed: draft.name.trim() === '',
    nowhere: !everywhere && districtCodes.length === 0,
    rows: { ...wrongRows(rows), outside: new Set(outside.map(({ id }) => id)) },
  };
}

/** What is sent; null while something is wrong. */
export function electionBodyOf(draft: ElectionDraft): ElectionBody | null {
  const { unnamed, nowhere, rows } = problemsOf(draft);
  const entries = entriesOf(draft.rows);
  if (unnamed || nowhere || rows.outside.size > 0 || entries === null) return null;
  return {
    name: draft.name.trim(),
    nameUr: draft.nameUr.trim(),
    districtCodes: draft.everywhere ? null : draft.districtCodes,
    entries,
  };
}
