/**
 * A `Range` header (RFC 9110 §14.1.2) against a length: `[from, to)`, undefined for the whole, also
 * when the header asks for several ranges or is malformed, as the RFC allows.
 */
export function parseByteRange(
  header: string | undefined,
  totalBytes: number,
): { from: number; to: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') {
    if (last === '') return undefined;
    const suffix = Number(last);
    if (suffix === 0 || totalBytes === 0) return 'unsatisfiable';
    return { from: Math.max(0, totalBytes - suffix), to: totalBytes };
  }
  const from = Number(first);
  if (from >= totalBytes) return 'unsatisfiable';
  if (last === '') return { from, to: totalBytes };
  if (Number(last) < from) return undefined;
  return { from, to: Math.min(totalBytes, Number(last) + 1) };
}
