import { MediaError } from '../media-error.ts';

/** Header fields by lower-case name, each with all its values in order. Text is latin1. */
export type RtspHeaders = ReadonlyMap<string, readonly string[]>;

export interface RtspResponse {
  readonly kind: 'response';
  readonly statusCode: number;
  readonly reason: string;
  readonly headers: RtspHeaders;
  readonly body: Buffer;
}

export interface RtspRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: RtspHeaders;
  readonly body: Buffer;
}

export type RtspMessage = RtspResponse | RtspRequest;

/** A message's start line and header fields; its body follows. */
export type RtspHead = (Omit<RtspResponse, 'body'> | Omit<RtspRequest, 'body'>) & {
  readonly contentLength: number;
};

export interface MessageLimits {
  readonly maxHeaderLines: number;
  readonly maxBodyBytes: number;
}

const STATUS_LINE = /^RTSP\/\d\.\d ([1-9]\d\d)(?: (.*))?$/;
const REQUEST_LINE = /^([A-Z_]{1,32}) (\S{1,2048}) RTSP\/\d\.\d$/;
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;
const HEADER_TEXT = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/**
 * Parses a start line and header fields (RFC 2326 §4 to §7), without the blank line that ends them.
 * Lines without a colon or with a bad name are skipped, as cameras send them. Throws MediaError
 * PROTOCOL_VIOLATION or LIMIT_EXCEEDED.
 */
export function parseHead(text: string, limits: MessageLimits): RtspHead {
  const lines = text.split('\n', limits.maxHeaderLines + 2);
  if (lines.length > limits.maxHeaderLines + 1) {
    throw new MediaError('LIMIT_EXCEEDED', `more than ${limits.maxHeaderLines} header lines`);
  }
  const headers = new Map<string, string[]>();
  let last: string[] | undefined;
  for (let index = 1; index < lines.length; index++) {
    const line = stripReturn(lines[index] ?? '');
    if (last !== undefined && (line.startsWith(' ') || line.startsWith('\t'))) {
      const value = last.pop() ?? '';
      last.push(`${value} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim();
    const value = line.slice(colon + 1).trim();
    last = undefined;
    if (!HEADER_NAME.test(name) || !HEADER_TEXT.test(value)) continue;
    const key = name.toLowerCase();
    last = headers.get(key) ?? [];
    last.push(value);
    headers.set(key, last);
  }
  const contentLength = contentLengthOf(headers, limits);
  const start = stripReturn(lines[0] ?? '');
  const status = STATUS_LINE.exec(start);
  if (status !== null) {
    return {
      kind: 'response',
      statusCode: Number(status[1]),
      reason: (status[2] ?? '').replace(/[^\u0020-\u007e]/g, '').slice(0, 120),
      headers,
      contentLength,
    };
  }
  const request = REQUEST_LINE.exec(start);
  if (request === null) {
    throw new MediaError('PROTOCOL_VIOLATION', 'start line is neither RTSP response nor request');
  }
  return {
    kind: 'request',
    method: request[1] ?? '',
    uri: request[2] ?? '',
    headers,
    contentLength,
  };
}

/** First value of a header field, or undefined. */
export function headerOf(message: { headers: RtspHeaders }, name: string): string | undefined {
  return message.headers.get(name)?.[0];
}

/** `CSeq` as a number (RFC 2326 §12.17), or undefined when missing or malformed. */
export function sequenceOf(message: { headers: RtspHeaders }): number | undefined {
  const text = headerOf(message, 'cseq');
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/**
 * A request as bytes. Throws MediaError PROTOCOL_VIOLATION when a part could break out of its line.
 */
export function formatRequest(
  method: string,
  uri: string,
  headers: readonly (readonly [name: string, value: string])[],
): Buffer {
  return formatLines(`${method} ${requestUri(uri)} RTSP/1.0`, headers);
}

/** An answer without body to a server's request. */
export function formatResponse(
  statusCode: number,
  reason: string,
  headers: readonly (readonly [name: string, value: string])[],
): Buffer {
  return formatLines(`RTSP/1.0 ${statusCode} ${reason}`, headers);
}

function formatLines(
  start: string,
  headers: readonly (readonly [name: string, value: string])[],
): Buffer {
  let text = `${start}\r\n`;
  for (const [name, value] of headers) {
    if (!HEADER_TEXT.test(value)) {
      throw new MediaError('PROTOCOL_VIOLATION', `value of ${name} cannot stand in a header`);
    }
    text += `${name}: ${value}\r\n`;
  }
  return Buffer.from(`${text}\r\n`, 'latin1');
}

function requestUri(uri: string): string {
  if (!/^[\u0021-\u007e]{1,2048}$/.test(uri)) {
    throw new MediaError('PROTOCOL_VIOLATION', 'request URI holds a space or control character');
  }
  return uri;
}

function contentLengthOf(headers: RtspHeaders, limits: MessageLimits): number {
  const values = headers.get('content-length');
  if (values === undefined) return 0;
  const text = values[0] ?? '';
  if (!/^\d{1,10}$/.test(text) || values.some((value) => value !== text)) {
    throw new MediaError('PROTOCOL_VIOLATION', 'Content-Length is not one number');
  }
  const length = Number(text);
  if (length > limits.maxBodyBytes) {
    throw new MediaError('LIMIT_EXCEEDED', `body of ${length} bytes is over the limit`);
  }
  return length;
}

function stripReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
