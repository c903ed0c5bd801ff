/** A span of wall time, microseconds, the end excluded. */
export interface FootageSpan {
  readonly fromUs: number;
  readonly toUs: number;
}

/** The end of a doubt that is still open: later than any footage. */
export const openDoubtEndUs = 9_000_000_000_000_000;

/**
 * Whether a recorded piece is doubted. A piece never outlasts the stream's session that it was
 * recorded from, and one session comes from one camera: where the piece begins decides.
 */
export function isDoubted(startUs: number, doubts: readonly FootageSpan[]): boolean {
  return doubts.some(({ fromUs, toUs }) => startUs >= fromUs && startUs < toUs);
}

/** Spans as one word for a URL's query: `from-to,from-to`. */
export function formatSpans(spans: readonly FootageSpan[]): string {
  return spans.map(({ fromUs, toUs }) => `${fromUs}-${toUs}`).join(',');
}

const longestSpansText = 8_192;

/** Reads {@link formatSpans}; null when it is none. */
export function parseSpans(text: string): readonly FootageSpan[] | null {
  if (text === '') return [];
  if (text.length > longestSpansText) return null;
  const spans: FootageSpan[] = [];
  for (const part of text.split(',')) {
    const match = /^(\d{1,16})-(\d{1,16})$/.exec(part);
    if (match === null) return null;
    spans.push({ fromUs: Number(match[1]), toUs: Number(match[2]) });
  }
  return spans;
}

/** Joins spans that touch, so that many outages stay a short word. */
export function joinSpans(spans: readonly FootageSpan[]): readonly FootageSpan[] {
  const joined: FootageSpan[] = [];
  for (const span of [...spans].sort((a, b) => a.fromUs - b.fromUs)) {
    const last = joined.at(-1);
    if (last !== undefined && span.fromUs <= last.toUs) {
      joined[joined.length - 1] = { ...last, toUs: Math.max(last.toUs, span.toUs) };
    } else {
      joined.push(span);
    }
  }
  return joined;
}
