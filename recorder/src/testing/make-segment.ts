import { BlockPool } from '@nigehban/media/mp4/block-pool.ts';
import { recordableTrack, Segmenter } from '@nigehban/media/mp4/segmenter.ts';
import { Packetizer, rtpPacket } from '@nigehban/media/testing/rtp-packets.ts';
import { SegmentCollector } from '@nigehban/media/testing/segment-collector.ts';
import { h264Track, ppsNal, spsNal } from './fake-camera.ts';

/** A segment's bytes: 25 pictures a second of rubble, a key frame each second, G.711 if wanted. */
export function makeSegment(options: {
  startUs: number;
  pictures: number;
  audio?: boolean;
}): Buffer {
  const pool = new BlockPool();
  const output = new SegmentCollector(pool);
  const audio = { ...h264Track, index: 1, kind: 'audio' as const, codec: 'PCMU' as const };
  const tracks =
    options.audio === true
      ? [h264Track, { ...audio, clockRateHz: 8000, channels: 1 }]
      : [h264Track];
  const track = recordableTrack(tracks);
  if (track === undefined) throw new Error('no video');
  const settings = { segmentMs: 3_600_000, fragmentMs: 1000, maxAccessUnitBytes: 1 << 20, pool };
  const segmenter = new Segmenter(track, tracks, settings, output, 0);
  const packetizer = new Packetizer('H264');
  for (let picture = 0; picture < options.pictures; picture++) {
    const arrivalUs = options.startUs + picture * 40_000;
    const slice = Buffer.alloc(picture % 25 === 0 ? 3000 : 700, picture);
    slice[0] = picture % 25 === 0 ? 0x65 : 0x41;
    slice[1] = 0x80;
    for (const packet of packetizer.accessUnit([spsNal, ppsNal, slice], picture * 3600)) {
      segmenter.push(0, packet, 0, packet.length, arrivalUs);
    }
    if (options.audio === true) {
      const sound = rtpPacket(Buffer.alloc(320, picture), {
        sequence: picture,
        timestamp: picture * 320,
        marker: false,
      });
      segmenter.push(1, sound, 0, sound.length, arrivalUs);
    }
  }
  segmenter.stop();
  return output.file(0);
}
