import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MediaError } from '../media-error.ts';
import type { RtspResponse } from './rtsp-message.ts';
import { readSession, readTransport } from './rtsp-transport.ts';

function answer(name: string, value: string): RtspResponse {
  return {
    kind: 'response',
    statusCode: 200,
    reason: 'OK',
    headers: new Map([[name, [value]]]),
    body: Buffer.alloc(0),
  };
}

const transport = (value: string, asked: 'tcp' | 'udp') =>
  readTransport(answer('transport', value), asked);

test('reads interleaved channels', () => {
  expect(transport('RTP/AVP/TCP;unicast;interleaved=4-5;ssrc=1', 'tcp')).toEqual({
    kind: 'tcp',
    rtpChannel: 4,
    rtcpChannel: 5,
  });
  expect(transport('rtp/avp/tcp; interleaved = 7', 'udp')).toMatchObject({ rtcpChannel: 8 });
  expect(transport('RTP/AVP/TCP;unicast', 'tcp')).toBeUndefined();
  expect(() => transport('RTP/AVP/TCP;interleaved=300-301', 'tcp')).toThrow(MediaError);
});

test('reads the ports and the source of UDP', () => {
  const value = 'RTP/AVP/UDP;unicast;client_port=5000-5001;server_port=6970-6971;source=10.0.0.9';
  expect(transport(value, 'udp')).toEqual({
    kind: 'udp',
    rtpPort: 6970,
    rtcpPort: 6971,
    source: '10.0.0.9',
  });
  expect(transport('RTP/AVP;unicast;server_port=6970;source="[fe80::1]"', 'udp')).toMatchObject({
    rtcpPort: 6971,
    source: 'fe80::1',
  });
  expect(transport('RTP/AVP;unicast;server_port=0-0;source=camera.local', 'udp')).toEqual({
    kind: 'udp',
    rtpPort: undefined,
    rtcpPort: undefined,
    source: undefined,
  });
});

test('another transport than asked, and multicast, are refused', () => {
  expect(() => transport('RTP/AVP;unicast;server_port=1-2', 'tcp')).toThrow(/another transport/);
  expect(() => transport('RTP/AVP;multicast;port=1-2', 'udp')).toThrow(/another transport/);
  expect(() => transport('RTP/SAVP;unicast', 'udp')).toThrow(/another transport/);
});

test('any text gives numbers in range, undefined or a coded error', () => {
  const word = fc.constantFrom(
    ...[
      'RTP/AVP',
      '/TCP',
      '/UDP',
      ';',
      '=',
      '-',
      'interleaved',
      'server_port',
      'source',
      'unicast',
    ],
    ...['65536', '99999', '0', '255', ' ', '"', 'timeout', 'abc'],
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 14 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, fc.constantFrom('tcp' as const, 'udp' as const), (value, asked) => {
      const session = readSession(answer('session', value));
      if (session?.timeoutS !== undefined) expect(session.timeoutS).toBeGreaterThan(0);
      try {
        const found = transport(value, asked);
        if (found?.kind === 'tcp') expect(found.rtcpChannel).toBeLessThan(256);
        for (const port of found?.kind === 'udp' ? [found.rtpPort, found.rtcpPort] : []) {
          if (port !== undefined) expect(port > 0 && port < 65_536).toBe(true);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(MediaError);
      }
    }),
    { numRuns: 3000 },
  );
});
