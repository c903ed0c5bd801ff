import { gunzipSync, gzipSync } from 'node:zlib';
import type { SecretKey } from '@nigehban/config/secrets/key-ring.ts';
import { open, seal } from '@nigehban/config/secrets/sealed-box.ts';
import type { PlanEdit } from '@nigehban/domain/api/plan-types.ts';
import type { PlanColumn, PlanMapping } from '@nigehban/domain/plan-columns.ts';

/** A file's cells: each row's number in the file, then its cells. */
export interface DraftTable {
  readonly header: readonly string[];
  readonly rows: readonly { readonly row: number; readonly cells: readonly string[] }[];
}

/** Corrections by row and column of the plan; they lie over the file's cells. */
export type DraftEdits = ReadonlyMap<number, Readonly<Partial<Record<PlanColumn, string>>>>;

/** Compressed, then sealed with AES-256-GCM: a plan holds the cameras' passwords. */
export function sealTable(secretKey: SecretKey, draftId: string, table: DraftTable): Buffer {
  return sealJson(secretKey, `plan draft ${draftId}`, table);
}

/** @throws Fault SETTING_INVALID when it was sealed with another key. */
export function openTable(secretKey: SecretKey, draftId: string, sealed: Uint8Array): DraftTable {
  return openJson(secretKey, `plan draft ${draftId}`, sealed) as DraftTable;
}

export function sealEdits(secretKey: SecretKey, draftId: string, edits: DraftEdits): Buffer {
  return sealJson(secretKey, `plan edits ${draftId}`, [...edits]);
}

export function openEdits(
  secretKey: SecretKey,
  draftId: string,
  sealed: Uint8Array | null,
): DraftEdits {
  if (sealed === null) return new Map();
  return new Map(
    openJson(secretKey, `plan edits ${draftId}`, sealed) as [
      number,
      Partial<Record<PlanColumn, string>>,
    ][],
  );
}

function sealJson(secretKey: SecretKey, context: string, value: unknown): Buffer {
  return seal(secretKey, gzipSync(JSON.stringify(value)).toString('base64'), context);
}

function openJson(secretKey: SecretKey, context: string, sealed: Uint8Array): unknown {
  const packed = Buffer.from(open(secretKey, sealed, context), 'base64');
  return JSON.parse(gunzipSync(packed).toString('utf8'));
}

/** A cell as it stands after corrections; empty when the file has no such column. */
export function cellOf(
  { row, cells }: DraftTable['rows'][number],
  column: PlanColumn,
  mapping: PlanMapping,
  edits: DraftEdits,
): string {
  const edited = edits.get(row)?.[column];
  if (edited !== undefined) return edited;
  const index = mapping[column];
  return index === undefined ? '' : (cells[index] ?? '');
}

/** Adds corrections: of one row, of all rows of its station, or of all with the same text. */
export function addEdits(
  table: DraftTable,
  mapping: PlanMapping,
  former: DraftEdits,
  edits: readonly PlanEdit[],
): DraftEdits {
  const after = new Map(former);
  for (const { row, column, value, scope } of edits) {
    const origin = table.rows.find((one) => one.row === row);
    if (origin === undefined) continue;
    const text = (one: DraftTable['rows'][number], key: PlanColumn) =>
      cellOf(one, key, mapping, after);
    const stationOf = (one: DraftTable['rows'][number]) =>
      `${text(one, 'constituency')}\n${text(one, 'station_no')}`;
    const [before, station] = [text(origin, column), stationOf(origin)];
    const wanted = table.rows.filter((one) => {
      if (one === origin) return true;
      if (scope === 'station') return stationOf(one) === station;
      return scope === 'same-value' && text(one, column) === before;
    });
    for (const one of wanted) {
      after.set(one.row, { ...after.get(one.row), [column]: value.trim() });
    }
  }
  return after;
}
