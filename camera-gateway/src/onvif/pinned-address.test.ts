import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pinRedirect, pinServiceUrl, pinStreamUrl, streamAuthority } from './pinned-address.ts';

const endpoint = { address: '192.0.2.7', onvifPort: 8000 };

test.each([
  ['http://192.0.2.7/onvif/media', { port: 80, path: '/onvif/media' }],
  ['http://192.0.2.7:8899/onvif/media?x=1', { port: 8899, path: '/onvif/media?x=1' }],
  ['http://10.0.0.5:80/onvif/media', { port: 8000, path: '/onvif/media' }],
  ['https://192.0.2.7/onvif/media', { port: 8000, path: '/onvif/media' }],
  ['http://user:secret@evil.example/a', { port: 8000, path: '/a' }],
])('pins the service %s', (url, pinned) => {
  expect(pinServiceUrl(url, endpoint)).toEqual(pinned);
});

test.each([
  ['rtsp://192.0.2.7/main', 'rtsp://192.0.2.7/main'],
  [
    'rtsp://10.0.0.5:5554/cam/realmonitor?channel=1&subtype=0',
    'rtsp://192.0.2.7:5554/cam/realmonitor?channel=1&subtype=0',
  ],
  ['RTSP://admin:p%40ss@169.254.169.254:554/x', 'rtsp://192.0.2.7:554/x'],
  ['rtsp://a@b@10.0.0.5/x', 'rtsp://192.0.2.7/x'],
  ['rtsp://[fe80::1]:554', 'rtsp://192.0.2.7:554/'],
  ['rtsp://10.0.0.5?x=1', 'rtsp://192.0.2.7/?x=1'],
])('pins the stream %s', (url, pinned) => {
  expect(pinStreamUrl(url, endpoint)).toBe(pinned);
  expect(streamAuthority(pinned)?.host).toBe('192.0.2.7');
});

test.each([
  'http://192.0.2.7/',
  'rtsps://192.0.2.7/x',
  '',
  'main',
  'rtsp://h/a b',
  'rtsp://h:99999/',
  'rtsp://h/a\r\nEvil: 1',
])('refuses the stream URL %j', (url) => {
  expect(() => pinStreamUrl(url, endpoint)).toThrow(
    expect.objectContaining({ code: 'CAMERA_STREAM_INVALID' }),
  );
});

test('redirects stay on the camera', () => {
  const from = { port: 8000, path: '/onvif/device_service' };
  expect(pinRedirect('/onvif/device', endpoint, from)).toEqual({
    port: 8000,
    path: '/onvif/device',
  });
  expect(pinRedirect('http://192.0.2.7/x', endpoint, from)).toEqual({ port: 80, path: '/x' });
  for (const elsewhere of [
    'http://192.0.2.8/x',
    '//192.0.2.8/x',
    'https://192.0.2.7/x',
    'file:///etc/passwd',
  ]) {
    expect(() => pinRedirect(elsewhere, endpoint, from)).toThrow(
      expect.objectContaining({ code: 'CAMERA_ADDRESS_REFUSED' }),
    );
  }
});

test('whatever a camera names, the host is the registered one or it is refused', () => {
  const text = fc.oneof(
    fc.webUrl(),
    fc.string(),
    fc.string().map((s) => `rtsp://${s}`),
  );
  fc.assert(
    fc.property(text, (url) => {
      let pinned: string;
      try {
        pinned = pinStreamUrl(url, endpoint);
      } catch {
        return;
      }
      expect(streamAuthority(pinned)?.host).toBe('192.0.2.7');
    }),
  );
});
