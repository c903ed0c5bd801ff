import { Fault } from '@nigehban/domain/faults.ts';
import { readSheet } from 'read-excel-file/node';
import { checkZip } from './check-zip.ts';
import { decodeText } from './decode-text.ts';
import { findDelimiter, parseCsv } from './parse-csv.ts';

/** A file's cells as text, its first filled row as the header. */
export interface PlanTable {
  readonly format: 'csv' | 'xlsx';
  readonly header: readonly string[];
  readonly rows: readonly { readonly row: number; readonly cells: readonly string[] }[];
}

/** The province has 50,000 stations and 29,000 cameras; a plan of more than this is a mistake. */
export const tableLimits = { rows: 120_000, columns: 200, cellCharacters: 4_000 } as const;

/** True for a ZIP file, which is what a workbook is. */
export function isWorkbook(file: Uint8Array): boolean {
  return file[0] === 0x50 && file[1] === 0x4b;
}

/**
 * Reads CSV (delimited by comma, semicolon or tab; UTF-8 or UTF-16) or the first sheet of an XLSX
 * workbook. @throws Fault PLAN_FILE_INVALID, PLAN_FILE_TOO_LARGE, PLAN_INVALID (quotes).
 */
export async function readTable(file: Buffer): Promise<PlanTable> {
  const format = isWorkbook(file) ? 'xlsx' : 'csv';
  const filled = (format === 'xlsx' ? await readWorkbook(file) : readCsv(file)).filter(
    ({ cells }) => cells.some((cell) => cell !== ''),
  );
  const [header, ...rows] = filled;
  if (header === undefined || rows.length === 0) {
    throw new Fault('PLAN_FILE_INVALID', 'The file has no rows below its headings');
  }
  if (rows.length > tableLimits.rows || header.cells.length > tableLimits.columns) {
    throw new Fault(
      'PLAN_FILE_TOO_LARGE',
      `More than ${tableLimits.rows} rows or ${tableLimits.columns} columns`,
    );
  }
  return { format, header: header.cells, rows };
}

const clean = (text: string): string =>
  text
    .replace(/^\ufeff/, '')
    .trim()
    .slice(0, tableLimits.cellCharacters);

function readCsv(file: Buffer): PlanTable['rows'] {
  const text = decodeText(file);
  return parseCsv(text, findDelimiter(text)).map(({ line, fields }) => ({
    row: line,
    cells: fields.map(clean),
  }));
}

async function readWorkbook(file: Buffer): Promise<PlanTable['rows']> {
  checkZip(file);
  const sheet = await readFirstSheet(file);
  return sheet.map((row, index) => ({
    row: index + 1,
    cells: row.slice(0, tableLimits.columns + 1).map(cellText),
  }));
}

async function readFirstSheet(file: Buffer): Promise<readonly (readonly unknown[])[]> {
  try {
    // Numbers as they are written: a serial number must not become 1.2e+15.
    return await readSheet(file, { parseNumber: (text: string) => text });
  } catch (cause) {
    throw new Fault('PLAN_FILE_INVALID', 'The workbook cannot be read', { cause });
  }
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  if (cell instanceof Date)
    return Number.isNaN(cell.getTime()) ? '' : cell.toISOString().slice(0, 10);
  if (typeof cell === 'string') return clean(plainNumber(cell));
  return clean(String(cell));
}

/** XLSX stores numbers as doubles: `1.0E2` is 100, `0.30000000000000004` what was typed as 0.3. */
function plainNumber(text: string): string {
  if (!/^-?\d+(\.\d+)?E[+-]?\d+$/i.test(text)) return text;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value.toFixed(0) : String(value);
}
