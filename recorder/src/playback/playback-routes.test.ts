import { expect, test } from 'vitest';
import { parseExportRoute } from '../export/export-http.ts';
import { parsePlaybackRoute } from './playback-http.ts';

const playback = (path: string) => parsePlaybackRoute(new URL(path, 'http://node'));
const exportId = '0f8fad5b-d9cb-469f-a165-70867728950e';

test('paths of playback are read', () => {
  expect(
    playback('/footage/7/stream.mp4?fromUs=1790000000000000&toUs=1790000001000000&codec=h264'),
  ).toMatchObject({ kind: 'stream', cameraId: 7, videoOnly: false, h264: true });
  expect(
    playback('/footage/7/hls/1790000000000000/media.m4s?atUs=0&bytes=10&media=video'),
  ).toMatchObject({ kind: 'media', startUs: 1_790_000_000_000_000, atUs: 0, videoOnly: true });
});

test.each([
  '/footage/0/stream.mp4',
  '/footage/7/hls/1790000000000000/../../secret',
  '/footage/7/hls/17900000000000000000/init.mp4',
  '/footage/7/stream.mp4/x',
  '/footage/%2e%2e/outline',
])('%s is none of them', (path) => {
  expect(playback(path)).toBeUndefined();
});

test.each([
  '/footage/7/stream.mp4',
  '/footage/7/stream.mp4?fromUs=1790000000000000&toUs=1790000000000000',
  '/footage/7/outline?fromUs=-1&toUs=1790000000000000',
  '/footage/7/hls/1790000000000000/media.m4s?atUs=1e3&bytes=10',
  '/footage/7/hls/1790000000000000/media.m4s?atUs=0',
])('%s is refused', (path) => {
  expect(() => playback(path)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
});

test('paths of exports are made of ids and numbers alone', () => {
  expect(parseExportRoute(`/exports/${exportId}`)).toEqual({ kind: 'export', exportId });
  expect(parseExportRoute(`/exports/${exportId}/7`)).toMatchObject({ kind: 'camera', cameraId: 7 });
  expect(parseExportRoute(`/exports/${exportId}/7/2.mp4`)).toMatchObject({ kind: 'file', part: 2 });
  for (const path of [
    '/exports/',
    '/exports/..',
    `/exports/${exportId}/..`,
    `/exports/${exportId}/7/manifest.json`,
    `/exports/${exportId}/7/0.mp4`,
    `/exports/${exportId.toUpperCase()}`,
    `/exports/${exportId}/7/2.mp4/`,
  ]) {
    expect([path, parseExportRoute(path)]).toEqual([path, undefined]);
  }
});
