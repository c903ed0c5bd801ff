/** A request as a client sent it; header names in lower case. */
export interface RtspRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export interface RtspParserEvents {
  onRequest(request: RtspRequest): void;
  /** A packet the client sent on an interleaved channel: receiver reports. */
  onInterleaved(channel: number, packet: Buffer): void;
  /** The connection cannot be understood any more. */
  onMalformed(): void;
}

const maxHeaderBytes = 16_384;
const maxBodyBytes = 65_536;

/**
 * Takes a connection's bytes in whatever pieces they come and gives requests and interleaved
 * packets (RFC 2326 §10.12).
 */
export class RtspParser {
  readonly #events: RtspParserEvents;
  #pending: Buffer = Buffer.alloc(0);
  #isMalformed = false;

  constructor(events: RtspParserEvents) {
    this.#events = events;
  }

  push(chunk: Buffer): void {
    if (this.#isMalformed) return;
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length > 0 && !this.#isMalformed && this.#takeOne());
  }

  #takeOne(): boolean {
    const pending = this.#pending;
    if (pending[0] === 0x24) {
      if (pending.length < 4) return false;
      const end = 4 + pending.readUInt16BE(2);
      if (pending.length < end) return false;
      this.#pending = pending.subarray(end);
      this.#events.onInterleaved(pending[1] ?? 0, pending.subarray(4, end));
      return true;
    }
    if (pending[0] === 0x0d || pending[0] === 0x0a) {
      this.#pending = pending.subarray(1);
      return true;
    }
    const headerEnd = pending.indexOf('\r\n\r\n');
    if (headerEnd < 0) {
      if (pending.length > maxHeaderBytes) this.#fail();
      return false;
    }
    const [requestLine = '', ...lines] = pending.toString('latin1', 0, headerEnd).split('\r\n');
    const match = /^([A-Z_]+) (\S+) RTSP\/1\.0$/.exec(requestLine);
    const headers = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(':');
      if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    const bodyBytes = Number(headers.get('content-length') ?? 0);
    const [, method, uri] = match ?? [];
    if (
      method === undefined ||
      uri === undefined ||
      !Number.isInteger(bodyBytes) ||
      bodyBytes < 0 ||
      bodyBytes > maxBodyBytes
    ) {
      this.#fail();
      return false;
    }
    const end = headerEnd + 4 + bodyBytes;
    if (pending.length < end) return false;
    this.#pending = pending.subarray(end);
    this.#events.onRequest({
      method,
      uri,
      headers,
      body: pending.subarray(headerEnd + 4, end),
    });
    return true;
  }

  #fail(): void {
    this.#isMalformed = true;
    this.#pending = Buffer.alloc(0);
    this.#events.onMalformed();
  }
}
