import { expect, test } from 'vitest';
import type { FootageOutline } from './footage-outline.ts';
import { buildPlaylist } from './hls-playlist.ts';

const startUs = 1_790_000_000_000_000;

function piece(index: number, changes: Partial<FootageOutline> = {}): FootageOutline {
  return {
    startUs: startUs + index * 60_000_000,
    endUs: startUs + (index + 1) * 60_000_000,
    initialisation: 'a',
    codec: 'avc1.4d001f,ulaw',
    durationUs: 60_020_000,
    frames: 900,
    sizeBytes: 1_000_000 + index,
    open: false,
    ...changes,
  };
}

function playlist(pieces: FootageOutline[], changes = {}): string[] {
  const request = { pieces, fromUs: startUs, ended: true, videoOnly: false, ...changes };
  return buildPlaylist(request).trimEnd().split('\n');
}

test('pieces that follow each other share one initialisation and run on in media time', () => {
  expect(playlist([piece(0), piece(1)])).toEqual([
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-TARGETDURATION:61',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-MAP:URI="hls/${startUs}/init.mp4?media=video"`,
    '#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:20.000Z',
    '#EXTINF:60.020000,',
    `hls/${startUs}/media.m4s?atUs=0&bytes=1000000&media=video`,
    '#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:14:20.000Z',
    '#EXTINF:60.020000,',
    `hls/${startUs + 60_000_000}/media.m4s?atUs=60020000&bytes=1000001&media=video`,
    '#EXT-X-ENDLIST',
  ]);
});

test('a gap is a discontinuity with the same initialisation; a new initialisation is both', () => {
  const lines = playlist([piece(0), piece(2), piece(3, { initialisation: 'b' })]);
  const tags = lines.filter((line) => /DISCONTINUITY|MAP/.test(line));
  expect(tags).toEqual([
    `#EXT-X-MAP:URI="hls/${startUs}/init.mp4?media=video"`,
    '#EXT-X-DISCONTINUITY',
    '#EXT-X-DISCONTINUITY',
    `#EXT-X-MAP:URI="hls/${startUs + 180_000_000}/init.mp4?media=video"`,
  ]);
  const hole = piece(1, { startUs: startUs + 60_050_000 });
  expect(playlist([piece(0), hole]).join()).not.toContain('DISCONTINUITY');
});

test('a range that grows is an EVENT of closed pieces; one of the past shows the open piece too', () => {
  const open = piece(1, { open: true, durationUs: 3_000_000 });
  const growing = playlist([piece(0), open], { ended: false });
  expect(growing).toContain('#EXT-X-PLAYLIST-TYPE:EVENT');
  expect(growing).not.toContain('#EXT-X-ENDLIST');
  expect(growing.filter((line) => line.startsWith('hls/'))).toHaveLength(1);
  expect(playlist([piece(0), open]).filter((line) => line.startsWith('hls/'))).toHaveLength(2);
});

test('players start where was asked, and hear sound that MP4 players know', () => {
  const lines = playlist([piece(0, { codec: 'hvc1.1.6.L93.B0,mp4a.40.2' })], {
    fromUs: startUs + 12_345_000,
  });
  expect(lines).toContain('#EXT-X-START:TIME-OFFSET=12.345,PRECISE=YES');
  expect(lines).toContain(`hls/${startUs}/media.m4s?atUs=0&bytes=1000000`);
});

test('nothing recorded is a valid playlist without pieces', () => {
  expect(playlist([])).toEqual([
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-TARGETDURATION:1',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-ENDLIST',
  ]);
});
