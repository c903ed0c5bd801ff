/**
 * What the bytes that came so far say of a camera that was asked for its time.
 * `more`: nothing can be said yet.
 */
export type AnswerScan =
  | { readonly kind: 'more' }
  /** A live ONVIF device; its clock where it told it, milliseconds since the Unix epoch. */
  | { readonly kind: 'answers'; readonly cameraClockMs: number | null }
  | { readonly kind: 'wrong'; readonly evidence: string };

const more: AnswerScan = { kind: 'more' };
const refused = /\r?\nwww-authenticate:/i;
const chunked = /\r?\ntransfer-encoding:[^\r\n]{0,60}chunked/i;
const contentLength = /\r?\ncontent-length:[ \t]*(\d{1,12})/i;
const envelopeEnd = /<\/(?:[\w.-]{1,40}:)?Envelope\s*>/;
const faultStart = /<(?:[\w.-]{1,40}:)?Fault[\s>]/;
const timeResponse = /<(?:[\w.-]{1,40}:)?GetSystemDateAndTimeResponse[\s/>]/;

/**
 * Reads an HTTP/1.x answer to GetSystemDateAndTime (ONVIF Core, Device Management) as far as a
 * health check needs: status line and UTCDateTime, whatever the namespaces' prefixes. No XML is
 * parsed; the caller bounds the bytes. `text` is the answer so far as latin1; `ended` tells that no
 * more will come.
 */
export function scanAnswer(text: string, ended: boolean): AnswerScan {
  const start = skipInterim(text);
  if (!isStatusLine(text, start)) {
    return { kind: 'wrong', evidence: 'does not answer HTTP' };
  }
  const headEnd = endOfHead(text, start);
  if (headEnd === null) return ended ? cutShort : more;
  const status = Number(text.slice(start + 9, start + 12));
  const head = text.slice(start, headEnd.at);
  if (status === 401 && refused.test(head)) return { kind: 'answers', cameraClockMs: null };
  // SOAP 1.2 faults come with 400 and 500, those of SOAP over old stacks with 200.
  if (status !== 200 && status !== 400 && status !== 401 && status !== 403 && status !== 500) {
    return { kind: 'wrong', evidence: `HTTP status ${status}` };
  }
  return scanBody(text, headEnd.bodyAt, head, status, ended);
}

const cutShort: AnswerScan = {
  kind: 'wrong',
  evidence: 'closed the connection before answering',
};

function scanBody(
  text: string,
  bodyAt: number,
  head: string,
  status: number,
  ended: boolean,
): AnswerScan {
  const raw = text.slice(bodyAt);
  const body = plainText(chunked.test(head) ? joinChunks(raw) : raw);
  const clock = status === 200 ? scanUtcDateTime(body) : undefined;
  if (clock !== undefined) {
    return clock === null
      ? { kind: 'wrong', evidence: 'tells a time that is none' }
      : { kind: 'answers', cameraClockMs: clock };
  }
  const isWhole = envelopeEnd.test(body);
  if (isWhole && (faultStart.test(body) || (status === 200 && timeResponse.test(body)))) {
    return { kind: 'answers', cameraClockMs: null };
  }
  const announced = Number(contentLength.exec(head)?.[1] ?? Number.POSITIVE_INFINITY);
  if (isWhole || raw.length >= announced) {
    return {
      kind: 'wrong',
      evidence: status === 200 ? 'answers HTTP, not ONVIF' : `HTTP status ${status}`,
    };
  }
  if (!ended) return more;
  if (status !== 200) return { kind: 'wrong', evidence: `HTTP status ${status}` };
  return announced === Number.POSITIVE_INFINITY && raw.length > 0
    ? { kind: 'wrong', evidence: 'answers HTTP, not ONVIF' }
    : cutShort;
}

/** Where the final answer begins: interim ones (RFC 9110 §15.2) come before it. */
function skipInterim(text: string): number {
  let start = 0;
  for (let interim = 0; interim < 4; interim += 1) {
    if (!/^HTTP\/1\.[01] 1\d\d/.test(text.slice(start, start + 12))) return start;
    const end = endOfHead(text, start);
    if (end === null) return start;
    start = end.bodyAt;
  }
  return start;
}

/** Also true for the beginning of a status line of which not all is there yet. */
function isStatusLine(text: string, start: number): boolean {
  const line = text.slice(start, start + 12);
  if (line.length === 12) return /^HTTP\/1\.[01] [1-5]\d\d$/.test(line);
  return 'HTTP/1.'.startsWith(line.slice(0, 7)) && /^(?:[01](?: \d*)?)?$/.test(line.slice(7));
}

function endOfHead(text: string, start: number): { at: number; bodyAt: number } | null {
  const strict = text.indexOf('\r\n\r\n', start);
  if (strict >= 0) return { at: strict, bodyAt: strict + 4 };
  const loose = text.indexOf('\n\n', start);
  return loose >= 0 ? { at: loose, bodyAt: loose + 2 } : null;
}

/** Chunk sizes (RFC 9112 §7.1) taken out, because they may fall inside of a tag. */
function joinChunks(raw: string): string {
  let joined = '';
  let at = 0;
  while (at < raw.length) {
    const lineEnd = raw.indexOf('\r\n', at);
    if (lineEnd < 0 || lineEnd - at > 64) break;
    const sizeBytes = Number.parseInt(raw.slice(at, lineEnd), 16);
    if (!(sizeBytes > 0)) break;
    joined += raw.slice(lineEnd + 2, lineEnd + 2 + sizeBytes);
    at = lineEnd + 2 + sizeBytes + 2;
  }
  return joined;
}

/** UTF-16 as ASCII: what is looked for is ASCII in every charset that cameras use. */
function plainText(body: string): string {
  return body.includes('\0') ? body.replaceAll('\0', '') : body;
}

/** Undefined: no whole UTCDateTime is there; null: one that is no moment. */
function scanUtcDateTime(body: string): number | null | undefined {
  const first = /<(?:[\w.-]{1,40}:)?UTCDateTime[\s>]/.exec(body);
  if (first === null) return undefined;
  const end = body.indexOf('UTCDateTime', first.index + first[0].length);
  if (end < 0) return undefined;
  const element = body.slice(first.index + first[0].length, end);
  const year = numberIn(element, yearOf, 1970, 9999);
  const month = numberIn(element, monthOf, 1, 12);
  const day = numberIn(element, dayOf, 1, 31);
  const hour = numberIn(element, hourOf, 0, 24);
  const minute = numberIn(element, minuteOf, 0, 59);
  const second = numberIn(element, secondOf, 0, 61);
  if (
    year === null ||
    month === null ||
    day === null ||
    hour === null ||
    minute === null ||
    second === null
  ) {
    return null;
  }
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const yearOf = /Year[^<>]{0,200}>\s{0,40}(\d{4})\s{0,40}</;
const monthOf = /Month[^<>]{0,200}>\s{0,40}(\d{1,2})\s{0,40}</;
const dayOf = /Day[^<>]{0,200}>\s{0,40}(\d{1,2})\s{0,40}</;
const hourOf = /Hour[^<>]{0,200}>\s{0,40}(\d{1,2})\s{0,40}</;
const minuteOf = /Minute[^<>]{0,200}>\s{0,40}(\d{1,2})\s{0,40}</;
const secondOf = /Second[^<>]{0,200}>\s{0,40}(\d{1,2})\s{0,40}</;

function numberIn(element: string, pattern: RegExp, min: number, max: number): number | null {
  const value = Number(pattern.exec(element)?.[1] ?? Number.NaN);
  return value >= min && value <= max ? value : null;
}
