import { Fault } from '@nigehban/domain/faults.ts';

/** Bytes to characters for an XML document that arrives in pieces. */
export interface XmlDecoder {
  /** Throws CAMERA_ANSWER_INVALID for an unknown charset or bytes that are not of it. */
  write(bytes: Uint8Array): string;
  end(): string;
}

type Charset = 'utf-8' | 'iso-8859-1' | 'utf-16le' | 'utf-16be';

/** Enough for an XML declaration: `<?xml version="1.0" encoding="…"?>` with some blanks. */
const sniffLength = 256;

/**
 * Decodes by byte order mark, then the Content-Type's charset, then the XML declaration, then UTF-8
 * (RFC 7303 §3). UTF-8, US-ASCII, ISO-8859-1 and UTF-16 are read; every other charset is refused
 * rather than guessed.
 */
export function createXmlDecoder(contentType: string | undefined): XmlDecoder {
  const declared = charsetOfContentType(contentType);
  let held: Uint8Array = new Uint8Array(0);
  let decode: ((bytes: Uint8Array, last: boolean) => string) | undefined;

  const begin = (): string => {
    decode = decoderFor(detectCharset(held, declared));
    const text = decode(held, false);
    held = new Uint8Array(0);
    return text;
  };

  return {
    write(bytes) {
      if (decode !== undefined) return decode(bytes, false);
      held = Buffer.concat([held, bytes]);
      return held.length >= sniffLength || held.includes(0x3e) ? begin() : '';
    },
    end() {
      const text = decode === undefined ? begin() : '';
      return text + (decode?.(new Uint8Array(0), true) ?? '');
    },
  };
}

function charsetOfContentType(contentType: string | undefined): string | undefined {
  return /;\s*charset\s*=\s*"?([A-Za-z0-9._:-]{1,40})"?/i.exec(contentType ?? '')?.[1];
}

function detectCharset(head: Uint8Array, declared: string | undefined): Charset {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8';
  // UTF-16 without a mark begins with '<' and a zero (XML 1.0 appendix F).
  if (head[0] === 0x3c && head[1] === 0) return 'utf-16le';
  if (head[0] === 0 && head[1] === 0x3c) return 'utf-16be';
  const start = Buffer.from(head.subarray(0, sniffLength)).toString('latin1');
  const inDocument = /^<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']/.exec(start);
  return charsetNamed(declared ?? inDocument?.[1] ?? 'utf-8');
}

function charsetNamed(name: string): Charset {
  switch (name.toLowerCase()) {
    case 'utf-8':
    case 'utf8':
    case 'us-ascii':
    case 'ascii':
      return 'utf-8';
    case 'iso-8859-1':
    case 'latin1':
      return 'iso-8859-1';
    case 'utf-16':
    case 'utf-16le':
      return 'utf-16le';
    case 'utf-16be':
      return 'utf-16be';
    default:
      throw new Fault('CAMERA_ANSWER_INVALID', `The camera answers in the charset ${name}`);
  }
}

function decoderFor(charset: Charset): (bytes: Uint8Array, last: boolean) => string {
  if (charset === 'iso-8859-1') return (bytes) => Buffer.from(bytes).toString('latin1');
  const decoder = new TextDecoder(charset, { fatal: true });
  return (bytes, last) => {
    try {
      return decoder.decode(bytes, { stream: !last });
    } catch (cause) {
      throw new Fault('CAMERA_ANSWER_INVALID', `The camera's answer is not ${charset}`, { cause });
    }
  };
}
