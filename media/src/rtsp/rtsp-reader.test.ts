import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MediaError } from '../media-error.ts';
import { createReadArena } from './read-arena.ts';
import type { RtspMessage } from './rtsp-message.ts';
import { MAX_UNREAD_BYTES, RtspReader } from './rtsp-reader.ts';

type Item = { channel: number; bytes: string } | RtspMessage;

/** Feeds pieces as a connection does: what is unread is put in front of what comes next. */
function readPieces(pieces: readonly Buffer[]): { items: Item[]; unread: number } {
  const items: Item[] = [];
  const arena = createReadArena();
  const reader = new RtspReader({
    onInterleaved: (channel, buffer, offset, length) => {
      expect(buffer).toBe(arena.buffer);
      items.push({ channel, bytes: buffer.toString('hex', offset, offset + length) });
    },
    onMessage: (message) => items.push(message),
  });
  let carried = Buffer.alloc(0);
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += arena.readView.length) {
      const part = piece.subarray(at, at + arena.readView.length);
      const start = arena.readOffset - carried.length;
      carried.copy(arena.buffer, start);
      part.copy(arena.buffer, arena.readOffset);
      const end = arena.readOffset + part.length;
      const unread = reader.read(arena.buffer, start, end);
      expect(end - unread).toBeLessThanOrEqual(MAX_UNREAD_BYTES);
      carried = Buffer.from(arena.buffer.subarray(unread, end));
    }
  }
  return { items, unread: carried.length };
}

const MIXED = Buffer.concat([
  Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS,\r\n DESCRIBE\r\n\r\n'),
  Buffer.from([0x24, 0, 0, 3, 1, 2, 3]),
  Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 6\r\n\r\nv=0\r\n$'),
  Buffer.from([0x24, 7, 0, 0]),
  Buffer.from('\r\nOPTIONS rtsp://h/s RTSP/1.0\nCSeq: 9\n\n'),
  Buffer.from([0x24, 1, 0, 2, 0x0d, 0x0a]),
]);

function expectMixed(items: readonly Item[]): void {
  expect(items).toHaveLength(6);
  expect(items[0]).toMatchObject({ kind: 'response', statusCode: 200 });
  expect((items[0] as RtspMessage).headers.get('public')).toEqual(['OPTIONS, DESCRIBE']);
  expect(items[1]).toEqual({ channel: 0, bytes: '010203' });
  expect((items[2] as RtspMessage).body.toString()).toBe('v=0\r\n$');
  expect(items[3]).toEqual({ channel: 7, bytes: '' });
  expect(items[4]).toMatchObject({ kind: 'request', method: 'OPTIONS', uri: 'rtsp://h/s' });
  expect(items[5]).toEqual({ channel: 1, bytes: '0d0a' });
}

test('reads packets and messages mixed, whole, byte by byte and split at every boundary', () => {
  expectMixed(readPieces([MIXED]).items);
  expectMixed(readPieces([...MIXED].map((byte) => Buffer.from([byte]))).items);
  for (let at = 1; at < MIXED.length; at++) {
    const { items, unread } = readPieces([MIXED.subarray(0, at), MIXED.subarray(at)]);
    expectMixed(items);
    expect(unread).toBe(0);
  }
});

test('reads the largest packet and the largest body', () => {
  const packet = Buffer.concat([Buffer.from([0x24, 3, 0xff, 0xff]), Buffer.alloc(65_535, 7)]);
  const body = Buffer.concat([
    Buffer.from('RTSP/1.0 200 OK\r\nContent-Length: 65536\r\n\r\n'),
    Buffer.alloc(65_536, 0x41),
  ]);
  const pieces = [packet.subarray(0, 40_000), packet.subarray(40_000), body, packet];
  expect(readPieces(pieces).items).toHaveLength(3);
});

test.each([
  ['bytes that begin nothing', Buffer.from([0x80, 0x60, 1, 2]), 'PROTOCOL_VIOLATION'],
  ['an HTTP answer', Buffer.from('HTTP/1.1 400 Bad\r\n\r\n'), 'PROTOCOL_VIOLATION'],
  ['a head without end', Buffer.alloc(20_000, 0x41), 'LIMIT_EXCEEDED'],
  ['too many header lines', head('A: b\r\n'.repeat(200)), 'LIMIT_EXCEEDED'],
  ['a body over the limit', head('Content-Length: 65537\r\n'), 'LIMIT_EXCEEDED'],
  ['a negative length', head('Content-Length: -1\r\n'), 'PROTOCOL_VIOLATION'],
  ['two lengths', head('Content-Length: 1\r\nContent-Length: 2\r\n'), 'PROTOCOL_VIOLATION'],
  ['endless blank lines', Buffer.from('\r\n'.repeat(200)), 'PROTOCOL_VIOLATION'],
])('refuses %s', (_what, bytes, code) => {
  expect(codeOf(() => readPieces([bytes]))).toBe(code);
  expect(codeOf(() => readPieces([...bytes].map((byte) => Buffer.from([byte]))))).toBe(code);
});

test('a header line without sense is skipped, as cameras send them', () => {
  const { items } = readPieces([head('nonsense\r\nBad Name: x\r\nCSeq: 4\r\n')]);
  expect([...(items[0] as RtspMessage).headers.keys()]).toEqual(['cseq']);
});

test('stopping in the middle of a read ends it', () => {
  let packets = 0;
  const reader = new RtspReader({
    onInterleaved: () => {
      packets++;
      reader.stop();
    },
    onMessage: () => {},
  });
  const bytes = Buffer.from([0x24, 0, 0, 1, 9, 0x24, 0, 0, 1, 9]);
  expect(reader.read(bytes, 0, bytes.length)).toBe(bytes.length);
  expect(packets).toBe(1);
});

test('any bytes in any pieces: coded faults alone, and the same result as in one piece', () => {
  const fragment = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(
      Buffer.from([0x24, 0, 0, 2, 1, 2]),
      Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n'),
      Buffer.from('RTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc'),
      Buffer.from('\r\n'),
      Buffer.from('PLAY rtsp://x RTSP/1.0\r\n'),
    ),
  );
  const outcome = (pieces: readonly Buffer[]): unknown => {
    try {
      return readPieces(pieces);
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      return error.code;
    }
  };
  fc.assert(
    fc.property(
      fc.array(fragment, { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
      (fragments, sizes) => {
        const whole = Buffer.concat(fragments);
        const pieces: Buffer[] = [];
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          pieces.push(whole.subarray(at, at + size));
          at += size;
        }
        expect(outcome(pieces)).toEqual(outcome([whole]));
      },
    ),
    { numRuns: 300 },
  );
});

function head(lines: string): Buffer {
  return Buffer.from(`RTSP/1.0 200 OK\r\n${lines}\r\n`);
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'no fault';
  } catch (error) {
    return error instanceof MediaError ? error.code : String(error);
  }
}
