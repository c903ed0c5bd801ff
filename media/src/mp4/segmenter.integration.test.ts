import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ALL_FORMATS, BufferSource, Input } from 'mediabunny';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrackDescription } from '../hub/stream-hub-types.ts';
import { jpegPackets, splitJpegs, takeJpegApart } from '../testing/jpeg-packets.ts';
import { groupAccessUnits, Packetizer, rtpPacket, splitAnnexB } from '../testing/rtp-packets.ts';
import { SegmentCollector } from '../testing/segment-collector.ts';
import { BlockPool } from './block-pool.ts';
import { memorySource } from './byte-source.ts';
import { scanRecording } from './recording-scan.ts';
import { recordableTrack, Segmenter } from './segmenter.ts';

const run = promisify(execFile);
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nigehban-segmenter-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const wallStartUs = 1_790_000_000_123_456;

function videoTrack(codec: 'H264' | 'H265' | 'JPEG', formatParameters = {}): TrackDescription {
  return {
    index: 0,
    kind: 'video',
    codec,
    payloadType: 96,
    clockRateHz: 90_000,
    channels: 0,
    formatParameters,
    parameterSets: [],
  };
}

async function encode(name: string, codecArguments: readonly string[]): Promise<Buffer> {
  const path = join(folder, name);
  await run('ffmpeg', [
    ...['-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:duration=8'],
    ...['-threads', '1', ...codecArguments, path],
  ]);
  return readFile(path);
}

function makeSegmenter(tracks: TrackDescription[], segmentMs: number) {
  const pool = new BlockPool();
  const output = new SegmentCollector(pool);
  const track = recordableTrack(tracks);
  if (track === undefined) throw new Error('no video track');
  const settings = { segmentMs, fragmentMs: 1000, maxAccessUnitBytes: 4 << 20, pool };
  return { pool, output, segmenter: new Segmenter(track, tracks, settings, output, 0) };
}

function feed(
  segmenter: Segmenter,
  codec: 'H264' | 'H265',
  units: readonly Buffer[][],
  presentation: (index: number) => number = (index) => index,
): void {
  const packetizer = new Packetizer(codec, { aggregate: true });
  for (const [index, unit] of units.entries()) {
    const timestamp = 4_294_900_000 + presentation(index) * 3600; // wraps after 18 pictures
    for (const packet of packetizer.accessUnit(unit, timestamp)) {
      segmenter.push(0, packet, 0, packet.length, wallStartUs + index * 40_000);
    }
  }
}

async function probe(path: string): Promise<{ frames: number; startTime: number; errors: string }> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-count_frames', '-select_streams', 'v:0', '-of', 'json'],
    ...['-show_entries', 'stream=nb_read_frames,start_time', path],
  ]);
  const { stderr } = await run('ffmpeg', ['-v', 'warning', '-i', path, '-f', 'null', '-']);
  const [stream] = JSON.parse(stdout).streams;
  return {
    frames: Number(stream.nb_read_frames),
    startTime: Number(stream.start_time),
    errors: stderr,
  };
}

test.each([
  { codec: 'H264' as const, name: 'a.h264', encoder: ['-c:v', 'libx264', '-bf', '0', '-g', '25'] },
  {
    codec: 'H265' as const,
    name: 'a.h265',
    encoder: [
      '-c:v',
      'libx265',
      '-x265-params',
      'bframes=0:keyint=25:min-keyint=25:scenecut=0:log-level=error',
    ],
  },
])('$codec: every frame is in files that play alone', async ({ codec, name, encoder }) => {
  const units = groupAccessUnits(codec, splitAnnexB(await encode(name, encoder)));
  expect(units).toHaveLength(200);
  const { pool, output, segmenter } = makeSegmenter([videoTrack(codec)], 3000);
  feed(segmenter, codec, units);
  segmenter.stop();

  expect(output.segments.map((segment) => segment.summary?.frames)).toEqual([75, 75, 50]);
  expect(pool.blocksInUse).toBe(0);
  let frames = 0;
  for (const [index, segment] of output.segments.entries()) {
    const path = join(folder, `${name}-${index}.mp4`);
    await writeFile(path, output.file(index));
    const seen = await probe(path);
    expect(seen).toEqual({ frames: segment.summary?.frames, startTime: 0, errors: '' });
    frames += seen.frames;
    expect(segment.start).toMatchObject({ widthPx: 320, heightPx: 240 });
    expect(segment.start.startUs).toBe(wallStartUs + index * 3_000_000);
    const scan = await scanRecording(memorySource(output.file(index)));
    expect(scan.wholeBytes).toBe(output.file(index).length);
    expect(scan.tracks[0]?.codec).toBe(segment.start.codec);
    expect(scan.fragments[0]?.wallUs).toBe(segment.start.startUs);
    const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(output.file(index)) });
    const track = await input.getPrimaryVideoTrack();
    expect((await track?.computePacketStats())?.packetCount).toBe(segment.summary?.frames);
    const codecString = await track?.getCodecParameterString();
    expect(codecString?.replace('hev1', 'hvc1')).toBe(segment.start.codec);
  }
  expect(frames).toBe(200);
});

test('pictures out of order (B-frames) keep their presentation times', async () => {
  const reference = join(folder, 'reference.mp4');
  await encode('reference.mp4', [
    ...['-c:v', 'libx264', '-bf', '2', '-g', '50', '-b_strategy', '0', '-sc_threshold', '0'],
  ]);
  await run('ffmpeg', ['-v', 'error', '-y', '-i', reference, '-c', 'copy', join(folder, 'b.h264')]);
  const units = groupAccessUnits('H264', splitAnnexB(await readFile(join(folder, 'b.h264'))));
  const packets = await run('ffprobe', [
    ...['-v', 'error', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', reference],
  ]);
  const shownAt = packets.stdout
    .trim()
    .split('\n')
    .map((time) => Math.round(Number.parseFloat(time) * 25));
  const { output, segmenter } = makeSegmenter([videoTrack('H264')], 60_000);
  feed(segmenter, 'H264', units, (index) => shownAt[index] ?? 0);
  segmenter.stop();
  const path = join(folder, 'b.mp4');
  await writeFile(path, output.file(0));
  expect(await probe(path)).toMatchObject({ frames: 200, errors: '' });
  const order = async (file: string) =>
    (await run('ffmpeg', ['-v', 'error', '-i', file, '-f', 'framemd5', '-'])).stdout
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .map((line) => line.split(',').at(-1));
  expect(await order(path)).toEqual(await order(reference));
});

test.each([
  { codec: 'PCMU' as const, name: 'pcm_mulaw' },
  { codec: 'PCMA' as const, name: 'pcm_alaw' },
])('$codec stands beside the video and is read by ffmpeg', async ({ codec, name }) => {
  const units = groupAccessUnits(
    'H264',
    splitAnnexB(await encode('c.h264', ['-c:v', 'libx264', '-bf', '0', '-g', '25'])),
  );
  const audio: TrackDescription = {
    ...videoTrack('H264'),
    index: 1,
    kind: 'audio',
    codec,
    clockRateHz: 8000,
    channels: 1,
  };
  const { pool, output, segmenter } = makeSegmenter([videoTrack('H264'), audio], 60_000);
  const packetizer = new Packetizer('H264');
  for (const [index, unit] of units.entries()) {
    const arrivalUs = wallStartUs + index * 40_000;
    for (const packet of packetizer.accessUnit(unit, index * 3600)) {
      segmenter.push(0, packet, 0, packet.length, arrivalUs);
    }
    const sound = rtpPacket(Buffer.alloc(320, index), {
      sequence: index,
      timestamp: 77 + index * 320,
      marker: false,
    });
    segmenter.push(1, sound, 0, sound.length, arrivalUs);
  }
  segmenter.stop();
  expect(pool.blocksInUse).toBe(0);
  const path = join(folder, `${codec}.mp4`);
  await writeFile(path, output.file(0));
  expect((await probe(path)).errors).not.toMatch(/error|invalid|dts/i);
  const { stdout } = await run('ffprobe', [
    ...[
      '-v',
      'error',
      '-select_streams',
      'a:0',
      '-show_entries',
      'stream=codec_name,sample_rate',
      '-of',
      'json',
      path,
    ],
  ]);
  expect(JSON.parse(stdout).streams[0]).toEqual({ codec_name: name, sample_rate: '8000' });
  const raw = await run(
    'ffmpeg',
    ['-v', 'error', '-i', path, '-map', 'a', '-c', 'copy', '-f', 'data', '-'],
    { encoding: 'buffer' },
  );
  expect(Math.abs(raw.stdout.length - 64_000)).toBeLessThanOrEqual(640);
});

test('AAC beside H.265 is decoded by ffmpeg without complaint', async () => {
  const video = await encode('d.h265', [
    ...['-c:v', 'libx265', '-x265-params', 'bframes=0:keyint=25:min-keyint=25:log-level=error'],
  ]);
  const units = groupAccessUnits('H265', splitAnnexB(video));
  const adts = join(folder, 'd.aac');
  await run('ffmpeg', [
    ...[
      '-v',
      'error',
      '-y',
      '-f',
      'lavfi',
      '-i',
      'sine=frequency=440:sample_rate=16000:duration=8',
    ],
    ...['-c:a', 'aac', '-b:a', '32k', '-f', 'adts', adts],
  ]);
  const frames: Buffer[] = [];
  const bytes = await readFile(adts);
  for (let at = 0; at + 7 <= bytes.length; ) {
    const length = ((bytes.readUInt32BE(at + 2) >> 5) & 0x1fff) | 0;
    frames.push(bytes.subarray(at + 7, at + length));
    at += length;
  }
  const audio: TrackDescription = {
    ...videoTrack('H265', { mode: 'AAC-hbr', config: '1408' }),
    index: 1,
    kind: 'audio',
    codec: 'MPEG4-GENERIC',
    clockRateHz: 16_000,
    channels: 1,
  };
  const { output, segmenter } = makeSegmenter([videoTrack('H265'), audio], 4000);
  const packetizer = new Packetizer('H265');
  let sent = 0;
  for (const [index, unit] of units.entries()) {
    const arrivalUs = wallStartUs + index * 40_000;
    for (const packet of packetizer.accessUnit(unit, index * 3600)) {
      segmenter.push(0, packet, 0, packet.length, arrivalUs);
    }
    for (; sent * 1024 <= index * 640 && sent < frames.length; sent++) {
      const frame = frames[sent] ?? Buffer.alloc(0);
      const header = Buffer.from([0, 16, frame.length >> 5, (frame.length << 3) & 0xff]);
      const payload = Buffer.concat([header, frame]);
      const fields = { sequence: sent, timestamp: sent * 1024, marker: true };
      const packet = rtpPacket(payload, fields);
      segmenter.push(1, packet, 0, packet.length, arrivalUs);
    }
  }
  segmenter.stop();
  expect(output.segments).toHaveLength(2);
  let seconds = 0;
  for (const [index, segment] of output.segments.entries()) {
    expect(segment.start.codec).toMatch(/^hvc1\..*,mp4a\.40\.2$/);
    const path = join(folder, `aac-${index}.mp4`);
    await writeFile(path, output.file(index));
    expect(await probe(path)).toEqual({ frames: 100, startTime: 0, errors: '' });
    const { stdout } = await run('ffprobe', [
      ...['-v', 'error', '-select_streams', 'a:0', '-show_entries'],
      ...['stream=codec_name,duration,start_time', '-of', 'json', path],
    ]);
    const [stream] = JSON.parse(stdout).streams;
    expect(stream.codec_name).toBe('aac');
    expect(Number(stream.start_time)).toBeLessThan(0.13);
    seconds += Number(stream.duration);
  }
  expect(Math.abs(seconds - 8)).toBeLessThan(0.3);
});

test('motion JPEG: every picture as it was sent', async () => {
  const name = 'a.mjpeg';
  const encoder = ['-c:v', 'mjpeg', '-huffman', 'default', '-q:v', '4', '-pix_fmt', 'yuvj420p'];
  const files = splitJpegs(await encode(name, [...encoder, '-f', 'mjpeg']));
  expect(files).toHaveLength(200);
  const { pool, output, segmenter } = makeSegmenter([videoTrack('JPEG')], 3000);
  let sequence = 0;
  for (const [index, file] of files.entries()) {
    const picture = takeJpegApart(file);
    const fields = { sequence, timestamp: 4_294_900_000 + index * 3600 };
    for (const packet of jpegPackets(picture, fields)) {
      segmenter.push(0, packet, 0, packet.length, wallStartUs + index * 40_000);
      sequence++;
    }
  }
  segmenter.stop();
  expect(output.segments.map((segment) => segment.summary?.frames)).toEqual([75, 75, 50]);
  expect(output.segments[0]?.start).toMatchObject({
    codec: 'mp4v.6C',
    widthPx: 320,
    heightPx: 240,
  });
  // A fragment a second, though each picture is a key frame; the first block was too small.
  expect(output.segments.map((segment) => segment.writes.length)).toEqual([4, 3, 2]);
  expect(pool.blocksInUse).toBe(0);
  const decode = async (input: readonly string[]) =>
    (
      await run('ffmpeg', ['-v', 'error', ...input, '-f', 'framemd5', '-'], { maxBuffer: 1 << 24 })
    ).stdout
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(',').at(-1));
  const seen: (string | undefined)[] = [];
  for (const [index, segment] of output.segments.entries()) {
    const path = join(folder, `jpeg-${index}.mp4`);
    await writeFile(path, output.file(index));
    const found = await probe(path);
    expect(found).toMatchObject({ frames: segment.summary?.frames, startTime: 0 });
    expect(found.errors).not.toMatch(/error|invalid|corrupt/i);
    const scan = await scanRecording(memorySource(output.file(index)));
    expect(scan.tracks[0]).toMatchObject({ kind: 'video', codec: 'mp4v.6C', widthPx: 320 });
    expect(scan.fragments.every((fragment) => fragment.startsWithKey)).toBe(true);
    seen.push(...(await decode(['-i', path])));
  }
  expect(seen).toEqual(await decode(['-f', 'mjpeg', '-framerate', '25', '-i', join(folder, name)]));
});
