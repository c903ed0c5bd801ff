import { MediaError } from '../media-error.ts';
import { parseHead, type RtspHead, type RtspMessage } from './rtsp-message.ts';

export interface RtspReaderHandler {
  /** One interleaved packet (RFC 2326 §10.12): `buffer[offset, offset + length)`, valid during the call. */
  onInterleaved(channel: number, buffer: Buffer, offset: number, length: number): void;
  onMessage(message: RtspMessage): void;
}

const MAX_HEAD_BYTES = 16_384;
const MAX_BODY_BYTES = 65_536;
const LIMITS = { maxHeaderLines: 100, maxBodyBytes: MAX_BODY_BYTES };
const MAX_BLANK_BYTES = 64;
const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;

/** The most that {@link RtspReader.read} ever leaves unread: an incomplete message or packet. */
export const MAX_UNREAD_BYTES = MAX_HEAD_BYTES + MAX_BODY_BYTES;

/**
 * Splits a byte stream into RTSP messages and interleaved packets. Keeps no bytes itself: the caller
 * gives what was left unread again, followed by what came next, so that a packet is always one
 * contiguous run and costs no object.
 */
export class RtspReader {
  readonly #handler: RtspReaderHandler;
  /** Bytes of the unread message already searched for its end. */
  #searched = 0;
  #head: RtspHead | undefined;
  #headBytes = 0;
  #blanks = 0;
  #stopped = false;

  constructor(handler: RtspReaderHandler) {
    this.#handler = handler;
  }

  /** No call of the handler follows, not even for the rest of the bytes being read. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * Reads `buffer[start, end)` and returns the offset of the first byte left unread (at most
   * {@link MAX_UNREAD_BYTES} before `end`). Throws MediaError PROTOCOL_VIOLATION or LIMIT_EXCEEDED,
   * after which the stream cannot be read on.
   */
  read(buffer: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && !this.#stopped) {
      if (this.#head !== undefined) {
        const next = this.#readBody(buffer, at, end, this.#head);
        if (next < 0) return at;
        at = next;
        continue;
      }
      const first = buffer[at];
      if (first === DOLLAR) {
        if (end - at < 4) return at;
        const length = ((buffer[at + 2] ?? 0) << 8) | (buffer[at + 3] ?? 0);
        if (end - at - 4 < length) return at;
        this.#blanks = 0;
        this.#handler.onInterleaved(buffer[at + 1] ?? 0, buffer, at + 4, length);
        at += 4 + length;
      } else if (first === CR || first === LF) {
        if (++this.#blanks > MAX_BLANK_BYTES) {
          throw new MediaError('PROTOCOL_VIOLATION', 'a run of blank lines between messages');
        }
        at++;
      } else {
        this.#blanks = 0;
        if (!this.#readHead(buffer, at, end)) return at;
      }
    }
    return this.#stopped ? end : at;
  }

  #readHead(buffer: Buffer, at: number, end: number): boolean {
    if (!isUpperLetter(buffer[at] ?? 0)) {
      throw new MediaError('PROTOCOL_VIOLATION', 'neither a packet nor a message begins here');
    }
    const limit = Math.min(end, at + MAX_HEAD_BYTES);
    // The blank line may be split: step back over what could be its beginning.
    let from = at + Math.max(0, this.#searched - 3);
    while (from < limit) {
      const lineEnd = buffer.indexOf(LF, from);
      if (lineEnd < 0 || lineEnd >= limit) break;
      const next = buffer[lineEnd + 1];
      const blank = next === LF ? 1 : next === CR && buffer[lineEnd + 2] === LF ? 2 : 0;
      if (blank > 0 && lineEnd + blank < limit) {
        this.#head = parseHead(buffer.toString('latin1', at, lineEnd), LIMITS);
        this.#headBytes = lineEnd + 1 + blank - at;
        this.#searched = 0;
        return true;
      }
      from = lineEnd + 1;
    }
    if (end - at >= MAX_HEAD_BYTES) {
      throw new MediaError('LIMIT_EXCEEDED', `message head over ${MAX_HEAD_BYTES} bytes`);
    }
    this.#searched = end - at;
    return false;
  }

  #readBody(buffer: Buffer, at: number, end: number, head: RtspHead): number {
    const bodyStart = at + this.#headBytes;
    const bodyEnd = bodyStart + head.contentLength;
    if (end < bodyEnd) return -1;
    this.#head = undefined;
    const body = Buffer.from(buffer.subarray(bodyStart, bodyEnd));
    const { contentLength: _, ...start } = head;
    this.#handler.onMessage({ ...start, body });
    return bodyEnd;
  }
}

function isUpperLetter(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
