import { type AccessUnit, parameterSetsOf, splitAccessUnits } from '../../fleet/streams/annex-b.ts';
import { packetizeH264 } from '../../fleet/streams/packetize.ts';
import { run } from '../../fleet/test-tools.ts';

export const framesPerSecond = 25;
export const ticksPerFrame = 90_000 / framesPerSecond;
const clipSeconds = 10;
const gopFrames = 50;
const maxPayloadBytes = 1400;
const ssrc = 0x6e696765;
const senderReportBytes = 28;

/** What leaves in one write: some frames' packets, interleaved headers (RFC 2326 §10.12) included. */
export interface Burst {
  readonly bytes: Buffer;
  /** Where each packet's RTP header begins, and its distance from the burst's first frame in ticks. */
  readonly packets: readonly { readonly offset: number; readonly ticks: number }[];
  /** Where an RTCP sender report begins; -1 without one. */
  readonly senderReportOffset: number;
  readonly startsWithKey: boolean;
}

export interface Clip {
  readonly sdp: string;
  readonly bursts: readonly Burst[];
  readonly bitsPerSecond: number;
}

/** 10 s of 720p25 at 1.5 Mbit/s as an Annex B byte stream: key frame every 2 s, no B-frames. */
export function makeClip(): Promise<Buffer> {
  return run('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi'],
    ...['-i', `testsrc2=size=1280x720:rate=${framesPerSecond},noise=alls=6:allf=t`],
    ...['-t', String(clipSeconds), '-pix_fmt', 'yuv420p', '-c:v', 'libx264'],
    ...['-preset', 'ultrafast', '-b:v', '1500k', '-maxrate', '1500k', '-bufsize', '1500k'],
    ...['-x264-params', `keyint=${gopFrames}:min-keyint=${gopFrames}:scenecut=0:bframes=0`],
    ...['-f', 'h264', 'pipe:1'],
  ]);
}

/** The clip as packets, `framesPerBurst` frames a write; a sender report before each key frame. */
export function packetizeClip(stream: Buffer, framesPerBurst: number): Clip {
  const units = splitAccessUnits('H264', stream);
  const [first] = units;
  if (first === undefined || !first.isKeyFrame) throw new Error('a clip begins with a key frame');
  const bursts: Burst[] = [];
  for (let at = 0; at < units.length; at += framesPerBurst) {
    bursts.push(burstOf(units.slice(at, at + framesPerBurst)));
  }
  const bytes = units.reduce(
    (sum, unit) => sum + unit.nalUnits.reduce((bytes, nal) => bytes + nal.length, 0),
    0,
  );
  const sets = parameterSetsOf('H264', first).map((set) => set.toString('base64'));
  const sdp = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=bench',
    't=0 0',
    'a=control:*',
    'm=video 0 RTP/AVP 96',
    'c=IN IP4 0.0.0.0',
    'a=rtpmap:96 H264/90000',
    `a=fmtp:96 packetization-mode=1;sprop-parameter-sets=${sets.join(',')}`,
    'a=control:trackID=1',
    '',
  ].join('\r\n');
  return { sdp, bursts, bitsPerSecond: (bytes * 8) / (units.length / framesPerSecond) };
}

/** A copy with sequence numbers, timestamps and reports of its own. */
export function copyBursts(bursts: readonly Burst[]): readonly Burst[] {
  return bursts.map((burst) => ({ ...burst, bytes: Buffer.from(burst.bytes) }));
}

/** Writes sequence numbers from `sequence` on and timestamps from `timestamp` on into a burst. */
export function stampBurst(
  burst: Burst,
  sequence: number,
  timestamp: number,
  wallMs: number,
): void {
  const { bytes, packets, senderReportOffset } = burst;
  let next = sequence;
  for (const { offset, ticks } of packets) {
    bytes.writeUInt16BE(next & 0xffff, offset + 2);
    bytes.writeUInt32BE((timestamp + ticks) >>> 0, offset + 4);
    next += 1;
  }
  if (senderReportOffset < 0) return;
  const seconds = Math.floor(wallMs / 1000);
  bytes.writeUInt32BE(seconds + 2_208_988_800, senderReportOffset + 8);
  bytes.writeUInt32BE(((wallMs % 1000) * 2 ** 32) / 1000, senderReportOffset + 12);
  bytes.writeUInt32BE(timestamp >>> 0, senderReportOffset + 16);
}

function burstOf(units: readonly AccessUnit[]): Burst {
  const parts: Buffer[] = [];
  const packets: { offset: number; ticks: number }[] = [];
  let length = 0;
  const add = (channel: number, packet: Buffer): number => {
    const head = Buffer.from([0x24, channel, packet.length >> 8, packet.length & 0xff]);
    parts.push(head, packet);
    length += head.length + packet.length;
    return length - packet.length;
  };
  const startsWithKey = units[0]?.isKeyFrame === true;
  const senderReportOffset = startsWithKey ? add(1, senderReport()) : -1;
  for (const [index, unit] of units.entries()) {
    const payloads = packetizeH264(unit.nalUnits, maxPayloadBytes);
    for (const [number, payload] of payloads.entries()) {
      const header = Buffer.alloc(12);
      header[0] = 0x80;
      header[1] = (number === payloads.length - 1 ? 0x80 : 0) | 96;
      header.writeUInt32BE(ssrc, 8);
      const offset = add(0, Buffer.concat([header, payload]));
      packets.push({ offset, ticks: index * ticksPerFrame });
    }
  }
  return { bytes: Buffer.concat(parts), packets, senderReportOffset, startsWithKey };
}

/** RFC 3550 §6.4.1, times to be filled in. */
function senderReport(): Buffer {
  const report = Buffer.alloc(senderReportBytes);
  report[0] = 0x80;
  report[1] = 200;
  report.writeUInt16BE(senderReportBytes / 4 - 1, 2);
  report.writeUInt32BE(ssrc, 4);
  return report;
}
