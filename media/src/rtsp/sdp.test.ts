import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MediaError } from '../media-error.ts';
import { parseSdp, selectTracks } from './sdp.ts';

const FULL = `v=0
o=- 0 0 IN IP4 192.0.2.1
s=camera
c=IN IP4 0.0.0.0
a=control:*
a=range:npt=now-
m=video 0 RTP/AVP 98
a=rtpmap:98 VP9/90000
a=control:trackID=0
m=video 0 RTP/AVP 96 97
a=rtpmap:96 h264/90000
a=fmtp:96 Packetization-Mode=1; profile-level-id=42C01E ;sprop-parameter-sets=Z0LAH9oBQBbsBEAAAAMAQAAADIPGDKg=,aM48gA==
a=control:rtsp://192.0.2.1/main/trackID=1
m=video 0 RTP/AVP 26
m=audio 0 RTP/AVP 0
a=sendonly
m=audio 0 RTP/AVP 8
a=control:trackID=4
m=audio 0 RTP/AVP 104
a=rtpmap:104 mpeg4-generic/16000/2
a=fmtp:104 mode=AAC-hbr; config=1410; sizelength=13
m=application 0 RTP/AVP 107
a=rtpmap:107 vnd.onvif.metadata/90000
`;

test('reads every kind of track, names what it leaves out', () => {
  const { control, tracks, skipped } = parseSdp(FULL);
  expect(control).toBe('*');
  expect(skipped).toEqual(['video VP9', 'audio back channel', 'application VND.ONVIF.METADATA']);
  expect(tracks.map((t) => [t.codec, t.payloadType, t.clockRateHz, t.channels])).toEqual([
    ['H264', 96, 90_000, 0],
    ['JPEG', 26, 90_000, 0],
    ['PCMA', 8, 8000, 1],
    ['MPEG4-GENERIC', 104, 16_000, 2],
  ]);
  expect(tracks[0]?.control).toBe('rtsp://192.0.2.1/main/trackID=1');
  expect(tracks[0]?.formatParameters).toMatchObject({
    'packetization-mode': '1',
    'profile-level-id': '42C01E',
  });
  expect(tracks[0]?.parameterSets.map((set) => (set[0] ?? 0) & 0x1f)).toEqual([7, 8]);
  expect(tracks[3]?.formatParameters.config).toBe('1410');
});

test('chooses the first usable video and audio', () => {
  expect(selectTracks(parseSdp(FULL)).map((track) => track.codec)).toEqual(['H264', 'PCMA']);
});

test('names what was offered when nothing is usable', () => {
  const sdp = parseSdp('v=0\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 VP9/90000\r\n');
  expect(() => selectTracks(sdp)).toThrow(/video VP9/);
});

test('H.265 parameter sets are put in decoding order, bad base64 and start codes dropped', () => {
  const sets = { vps: 'QAE=', sps: 'AAAAAUIB', pps: 'RAE=' };
  const { tracks } = parseSdp(
    `v=0\nm=video 0 RTP/AVP 97\na=rtpmap:97 H265/90000\n` +
      `a=fmtp:97 sprop-pps=${sets.pps},???;sprop-sps=${sets.sps};sprop-vps=${sets.vps}\n`,
  );
  expect(tracks[0]?.parameterSets.map((set) => ((set[0] ?? 0) >> 1) & 0x3f)).toEqual([32, 33, 34]);
});

test.each([
  ['no SDP', '<html>', 'SDP_INVALID'],
  ['nothing', '', 'SDP_INVALID'],
  ['endless lines', `v=0\n${'a=x\n'.repeat(2000)}`, 'LIMIT_EXCEEDED'],
  ['endless media', `v=0\n${'m=video 0 RTP/AVP 26\n'.repeat(200)}`, 'LIMIT_EXCEEDED'],
])('refuses %s', (_what, text, code) => {
  let found = 'no fault';
  try {
    parseSdp(text);
  } catch (error) {
    found = error instanceof MediaError ? error.code : String(error);
  }
  expect(found).toBe(code);
});

test('a parameter named like an object’s own machinery is data', () => {
  const { tracks } = parseSdp('v=0\nm=video 0 RTP/AVP 26\na=fmtp:26 __proto__=1;constructor=2\n');
  expect(Object.keys(tracks[0]?.formatParameters ?? {})).toEqual(['__proto__', 'constructor']);
});

test('any text: coded faults alone', () => {
  const line = fc.oneof(
    fc.string(),
    fc
      .tuple(
        fc.constantFrom('m=video ', 'm=audio ', 'a=rtpmap:', 'a=fmtp:96 ', 'a=control:', 'v='),
        fc.string(),
      )
      .map((parts) => parts.join('')),
    fc.constantFrom('m=video 0 RTP/AVP 96', 'a=rtpmap:96 H265/90000', 'm=audio 0 RTP/AVP 0'),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      try {
        selectTracks(parseSdp(['v=0', ...lines].join('\n')));
      } catch (error) {
        expect(error).toBeInstanceOf(MediaError);
      }
    }),
  );
});
