import { normalizeHeading } from './plan-columns.ts';
import type { PlanIssue } from './plan-issues.ts';
import type { ReadRow } from './plan-rows.ts';

/** What a station hangs on besides its building. Stations with equal names are one likely cause. */
export const supplyKinds = ['uplink', 'feeder'] as const;
export type SupplyKind = (typeof supplyKinds)[number];

export const longestSupplyName = 64;

/** How lists write that they do not know: such a word must not make strangers one cause. */
const placeholders = /^(n[\s./]*a|nil|none|null|unknown|not known|tbd|نامعلوم|معلوم نہیں)\.?$/i;

/**
 * A name without marks of direction and needless spaces; empty for a placeholder (`-`, `N/A`), which
 * names nothing. It may still be longer than {@link longestSupplyName}.
 */
export function normalizeSupplyName(text: string): string {
  const name = text
    .normalize('NFC')
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  return /[\p{L}\p{N}]/u.test(name) && !placeholders.test(name) ? name : '';
}

/** Equal for names that differ in case, spaces and punctuation only. */
const spellingKey = (name: string): string => normalizeHeading(name).replaceAll(' ', '');

/** The known name that `name` is another spelling of; null when there is none, or it is known itself. */
export function findSpelling(name: string, known: readonly string[]): string | null {
  if (known.includes(name)) return null;
  const key = spellingKey(name);
  return key === '' ? null : (known.find((one) => spellingKey(one) === key) ?? null);
}

export type SupplyNames = Readonly<Record<SupplyKind, readonly string[]>>;

/**
 * Finds stations whose uplink or feeder is spelt unlike that of others (`LESCO F-12`, `Lesco F12`):
 * an outage would not be seen as theirs together. `stored`: names that stations outside the plan
 * have; they are right, and in the file the commonest spelling is.
 */
export function checkSupplies(
  rows: readonly ReadRow[],
  stored: SupplyNames = { uplink: [], feeder: [] },
): readonly PlanIssue[] {
  return supplyKinds.flatMap((kind) => {
    const usual = new Map(stored[kind].map((name) => [spellingKey(name), name]));
    const counts = new Map<string, Map<string, number>>();
    const firstOf = new Map<string, ReadRow>();
    for (const row of rows) {
      const { station } = row;
      const name = station?.[kind] ?? null;
      if (station === null || name === null || firstOf.has(station.code)) continue;
      firstOf.set(station.code, row);
      const key = spellingKey(name);
      const spellings = counts.get(key) ?? new Map<string, number>();
      spellings.set(name, (spellings.get(name) ?? 0) + 1);
      counts.set(key, spellings);
    }
    for (const [key, spellings] of counts) {
      // The first of equally common ones: a sort keeps their order.
      const [most] = [...spellings].sort((a, b) => b[1] - a[1]);
      if (most !== undefined && !usual.has(key)) usual.set(key, most[0]);
    }
    return [...firstOf.values()].flatMap(({ row, station }): PlanIssue[] => {
      const value = station?.[kind] ?? '';
      const about = usual.get(spellingKey(value)) ?? value;
      if (station === null || about === value) return [];
      const message = `Other stations hang on ${about}: equal names are one cause of an outage`;
      const { districtCode } = station;
      return [{ row, column: kind, code: 'SUPPLY_SPELLING', value, message, about, districtCode }];
    });
  });
}
