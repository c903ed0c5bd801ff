import { expect, test } from 'vitest';
import { followRedirect, parseRtspUrl, resolveControl } from './rtsp-url.ts';

test('splits a URL and drops user info', () => {
  expect(parseRtspUrl('rtsp://u:p@Camera.example:8554/a/b?c=d#e')).toEqual({
    host: 'camera.example',
    port: 8554,
    uri: 'rtsp://Camera.example:8554/a/b?c=d',
  });
  expect(parseRtspUrl('rtsp://[::1]/main')).toMatchObject({ host: '::1', port: 554 });
});

test.each(['http://h/', 'rtsps://h/', 'rtsp://', 'rtsp://h:0/', '', 'file:///etc/passwd'])(
  'refuses %j without repeating it',
  (text) => {
    expect(() => parseRtspUrl(text)).toThrow(/rtsp:\/\/ URL|port 0/);
  },
);

test('resolves controls as servers mean them', () => {
  const base = 'rtsp://h:554/live?ch=1';
  expect(resolveControl(base, undefined)).toBe(base);
  expect(resolveControl(base, '*')).toBe(base);
  expect(resolveControl(base, 'trackID=1')).toBe('rtsp://h:554/live?ch=1/trackID=1');
  expect(resolveControl('rtsp://h/live/', 'track1')).toBe('rtsp://h/live/track1');
  expect(resolveControl(base, '/other/track1')).toBe('rtsp://h:554/other/track1');
  expect(resolveControl(base, 'RTSP://h/x')).toBe('RTSP://h/x');
});

test('a redirect stays on the host that was configured', () => {
  const from = parseRtspUrl('rtsp://192.0.2.9/main');
  expect(followRedirect(from, 'rtsp://192.0.2.9:8554/other').port).toBe(8554);
  for (const to of ['rtsp://127.0.0.1/main', 'http://192.0.2.9/', '/main', undefined]) {
    expect(() => followRedirect(from, to)).toThrow(/redirected/);
  }
});
