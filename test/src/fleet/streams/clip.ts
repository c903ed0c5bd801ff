import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AccessUnit,
  isParameterSet,
  isSupplement,
  parameterSetsOf,
  splitAccessUnits,
  type VideoCodec,
} from './annex-b.ts';
import { streamFiles } from './make-streams.ts';
import { type FramePayloads, packetizerOf } from './packetize.ts';
import { SnapshotViews } from './snapshot-views.ts';
import type { PictureFormat, StreamRecipe } from './stream-recipe.ts';

/** Bytes in front of each packet on a TCP connection: `$`, channel, length (RFC 2326 §10.12). */
export const interleavedHeaderBytes = 4;
export const rtpHeaderBytes = 12;

/**
 * One frame, ready to send: all its RTP packets one behind the other, each with the interleaved
 * header in front. Channel, sequence number, timestamp and SSRC are zero; the sender writes them
 * into its copy.
 */
export interface ReplayFrame {
  readonly isKeyFrame: boolean;
  readonly template: Buffer;
  /** Where each packet's `$` is in the template. */
  readonly packetOffsets: readonly number[];
}

/** A loop of frames in one encoding. Video starts with a key frame and has no B-frames. */
export interface Clip {
  readonly codec: VideoCodec | 'PCMU';
  readonly clockRate: number;
  readonly payloadType: number;
  readonly ticksPerFrame: number;
  readonly width: number;
  readonly height: number;
  /** SPS and PPS, or VPS, SPS and PPS; none for audio. */
  readonly parameterSets: readonly Buffer[];
  readonly frames: readonly ReplayFrame[];
}

/**
 * The loops of one camera: as usual, with a frozen picture, and in another picture size (which the
 * sub-stream of an H.265 camera does not have).
 */
export interface CameraClips {
  readonly main: Clip;
  readonly mainFrozen: Clip;
  readonly mainChanged: Clip;
  readonly sub: Clip;
  readonly subFrozen: Clip;
  readonly subChanged: Clip;
  readonly audio: Clip | null;
  readonly snapshots: SnapshotViews;
}

const maxPayloadBytes = 1400;
const audioFrameMs = 40;

function replayFrame(
  payloads: FramePayloads,
  payloadType: number,
  isKeyFrame: boolean,
): ReplayFrame {
  const overhead = interleavedHeaderBytes + rtpHeaderBytes;
  const size = payloads.reduce((sum, payload) => sum + overhead + payload.length, 0);
  const template = Buffer.alloc(size);
  const packetOffsets: number[] = [];
  let offset = 0;
  payloads.forEach((payload, index) => {
    packetOffsets.push(offset);
    const marker = index === payloads.length - 1 ? 0x80 : 0;
    template.writeUInt8(0x24, offset);
    template.writeUInt16BE(rtpHeaderBytes + payload.length, offset + 2);
    template.writeUInt8(0x80, offset + interleavedHeaderBytes);
    template.writeUInt8(marker | payloadType, offset + interleavedHeaderBytes + 1);
    payload.copy(template, offset + overhead);
    offset += overhead + payload.length;
  });
  return { isKeyFrame, template, packetOffsets };
}

function videoClip(
  codec: VideoCodec,
  stream: Buffer,
  format: PictureFormat,
  framesPerSecond: number,
  parameterSetsInBand: boolean,
): Clip {
  const units = splitAccessUnits(codec, stream);
  const [firstUnit] = units;
  if (firstUnit === undefined || !firstUnit.isKeyFrame) {
    throw new Error('a made stream does not start with a key frame');
  }
  const payloadType = codec === 'H264' ? 96 : 98;
  const packetizer = packetizerOf(codec);
  const sent = (unit: AccessUnit) =>
    unit.nalUnits.filter(
      (nal) => !isSupplement(codec, nal) && (parameterSetsInBand || !isParameterSet(codec, nal)),
    );
  return {
    codec,
    clockRate: 90_000,
    payloadType,
    ticksPerFrame: 90_000 / framesPerSecond,
    width: format.width,
    height: format.height,
    parameterSets: parameterSetsOf(codec, firstUnit),
    frames: units.map((unit) =>
      replayFrame(packetizer(sent(unit), maxPayloadBytes), payloadType, unit.isKeyFrame),
    ),
  };
}

function audioClip(samples: Buffer): Clip {
  const samplesPerFrame = (8000 * audioFrameMs) / 1000;
  const frameCount = Math.floor(samples.length / samplesPerFrame);
  const frames = Array.from({ length: frameCount }, (_, index) => {
    const payload = samples.subarray(index * samplesPerFrame, (index + 1) * samplesPerFrame);
    const frame = replayFrame([payload], 0, true);
    // RFC 3551 §4.1: the marker says that silence ended; in a steady stream it is never set.
    frame.template.writeUInt8(0, interleavedHeaderBytes + 1);
    return frame;
  });
  return {
    codec: 'PCMU',
    clockRate: 8000,
    payloadType: 0,
    ticksPerFrame: samplesPerFrame,
    width: 0,
    height: 0,
    parameterSets: [],
    frames,
  };
}

/**
 * Reads a recipe's made streams into loops ready to send. Parameter sets precede key frames in
 * band when `repeatsParameterSets`; after a change of picture size they always do.
 */
export async function loadClips(
  recipe: StreamRecipe,
  folder: string,
  repeatsParameterSets: boolean,
): Promise<CameraClips> {
  const { main, sub, framesPerSecond } = recipe;
  const read = (name: keyof typeof streamFiles) => readFile(join(folder, streamFiles[name]));
  const clip = (codec: VideoCodec, stream: Buffer, format: PictureFormat, inBand: boolean) =>
    videoClip(codec, stream, format, framesPerSecond, inBand);
  const mainStream = await read('main');
  const subStream = await read('sub');
  const mainClip = clip(main.codec, mainStream, main, repeatsParameterSets);
  const subClip = clip('H264', subStream, sub, repeatsParameterSets);
  const inBand = (unchanged: Clip, stream: Buffer, format: PictureFormat) =>
    repeatsParameterSets ? unchanged : clip('H264', stream, format, true);
  const isH265 = main.codec === 'H265';
  return {
    main: mainClip,
    mainFrozen: clip(main.codec, await read('mainStill'), main, repeatsParameterSets),
    mainChanged: isH265
      ? clip('H265', await read('alternate'), sub, true)
      : inBand(subClip, subStream, sub),
    sub: subClip,
    subFrozen: clip('H264', await read('subStill'), sub, repeatsParameterSets),
    subChanged: isH265 ? subClip : inBand(mainClip, mainStream, main),
    audio: recipe.audio ? audioClip(await read('audio')) : null,
    snapshots: new SnapshotViews(await read('snapshot')),
  };
}
