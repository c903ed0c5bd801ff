import { Fault } from '@nigehban/domain/faults.ts';

export interface CsvRow {
  /** Line of the file on which the row begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

export const delimiters = [',', ';', '\t'] as const;
export type Delimiter = (typeof delimiters)[number];

/** The delimiter of a file: the one that stands most often in its first line, outside quotes. */
export function findDelimiter(text: string): Delimiter {
  const count = { ',': 0, ';': 0, '\t': 0 };
  let quoted = false;
  for (const char of text.slice(0, 65_536)) {
    if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '\n') break;
    else if (char === ',' || char === ';' || char === '\t') count[char] += 1;
  }
  return delimiters.reduce((best, one) => (count[one] > count[best] ? one : best));
}

/**
 * Reads CSV (RFC 4180): quoted fields may hold commas, line ends and doubled quotes; lines end with
 * CRLF or LF; a byte-order mark is dropped and empty lines are skipped. @throws Fault PLAN_INVALID
 * for a quote that is never closed or stands inside an unquoted field.
 */
export function parseCsv(text: string, delimiter: Delimiter = ','): readonly CsvRow[] {
  const rows: CsvRow[] = [];
  let fields: string[] = [];
  let field = '';
  let line = 1;
  let startLine = 1;
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  const endField = () => {
    fields.push(field);
    field = '';
    state = 'start';
  };
  const endRow = () => {
    endField();
    if (fields.length > 1 || fields[0] !== '') rows.push({ line: startLine, fields });
    fields = [];
  };
  const refuse = (message: string): never => {
    throw new Fault('PLAN_INVALID', `Line ${line}: ${message}`, { details: { line } });
  };

  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  for (let index = 0; index < body.length; index++) {
    const char = body[index];
    if (state === 'quoted') {
      if (char !== '"') {
        if (char === '\n') line += 1;
        field += char;
      } else if (body[index + 1] === '"') {
        field += '"';
        index += 1;
      } else {
        state = 'closed';
      }
    } else if (char === delimiter) {
      endField();
    } else if (char === '\n' || (char === '\r' && body[index + 1] === '\n')) {
      if (char === '\r') index += 1;
      endRow();
      line += 1;
      startLine = line;
    } else if (char === '"') {
      if (state !== 'start') refuse('a quote inside a field that does not begin with one');
      state = 'quoted';
    } else if (state === 'closed') {
      refuse('text after the closing quote of a field');
    } else {
      state = 'plain';
      field += char;
    }
  }
  if (state === 'quoted') refuse('a quoted field is never closed');
  if (state !== 'start' || fields.length > 0) endRow();
  return rows;
}

/** Rows as records by the names of the header line. @throws Fault PLAN_INVALID for missing columns. */
export function readRecords(
  text: string,
  required: readonly string[],
  delimiter: Delimiter = ',',
): readonly { readonly line: number; readonly values: Readonly<Record<string, string>> }[] {
  const [header, ...rows] = parseCsv(text, delimiter);
  const names = header?.fields.map((name) => name.trim().toLowerCase()) ?? [];
  const missing = required.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new Fault('PLAN_INVALID', `The header lacks ${missing.join(', ')}`);
  }
  return rows.map(({ line, fields }) => ({
    line,
    values: Object.fromEntries(names.map((name, at) => [name, fields[at]?.trim() ?? ''])),
  }));
}
