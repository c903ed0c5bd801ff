import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RtspParser } from './rtsp-parser.ts';

function parse(pieces: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const parser = new RtspParser({
    onRequest: ({ method, uri, headers, body }) =>
      seen.push(`${method} ${uri} ${headers.get('cseq')} ${body.toString()}`),
    onInterleaved: (channel, packet) => seen.push(`$${channel} ${packet.toString('hex')}`),
    onMalformed: () => seen.push('malformed'),
  });
  for (const piece of pieces) parser.push(piece);
  return seen;
}

const stream = Buffer.concat([
  Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'),
  Buffer.from([0x24, 1, 0, 3, 0x0d, 0x0a, 0x24]),
  Buffer.from('GET_PARAMETER rtsp://h/main RTSP/1.0\r\nCSeq: 2\r\nContent-Length: 5\r\n\r\nhello'),
  Buffer.from([0x24, 0, 0, 0]),
  Buffer.from('\r\nTEARDOWN rtsp://h/main RTSP/1.0\r\ncseq:3\r\n\r\n'),
]);

test('requests and packets are found however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: stream.length - 1 })), (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
      const pieces = edges.slice(1).map((edge, index) => stream.subarray(edges[index], edge));
      expect(parse(pieces)).toEqual([
        'OPTIONS * 1 ',
        '$1 0d0a24',
        'GET_PARAMETER rtsp://h/main 2 hello',
        '$0 ',
        'TEARDOWN rtsp://h/main 3 ',
      ]);
    }),
  );
});

test.each([
  'GET / HTTP/1.1\r\n\r\n',
  `${'x'.repeat(20_000)}`,
  'PLAY rtsp://h/ RTSP/1.0\r\nContent-Length: -1\r\n\r\n',
  'PLAY rtsp://h/ RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n',
])('what is no RTSP is given up at once and for good', (text) => {
  expect(parse([Buffer.from(text), stream])).toEqual(['malformed']);
});
