import { formatCsv, guardFormula } from '@nigehban/domain/csv-rows.ts';
import type { FastifyReply } from 'fastify';

type Cell = string | number | null;

/**
 * Rows as a download that spreadsheets open rightly: RFC 4180, UTF-8 with a byte order mark. Text that a
 * spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection).
 */
export function sendCsv(
  reply: FastifyReply,
  fileName: string,
  rows: readonly (readonly Cell[])[],
): FastifyReply {
  return reply
    .header('content-type', 'text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${fileName}"`)
    .send(toCsvText(rows));
}

export function toCsvText(rows: readonly (readonly Cell[])[]): string {
  return `\uFEFF${formatCsv(rows.map((row) => row.map(guardFormula)))}\r\n`;
}
