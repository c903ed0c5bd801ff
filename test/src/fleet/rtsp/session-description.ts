import type { Clip } from '../streams/clip.ts';

export interface DescribedTrack {
  readonly clip: Clip;
  /** The value of the track's `a=control`, absolute or relative. */
  readonly control: string;
}

function formatParameters(clip: Clip): string {
  const sets = clip.parameterSets.map((set) => set.toString('base64'));
  if (clip.codec === 'H264') {
    const profileLevelId = clip.parameterSets[0]?.toString('hex', 1, 4).toUpperCase() ?? '';
    return (
      `packetization-mode=1; profile-level-id=${profileLevelId}; ` +
      `sprop-parameter-sets=${sets.join(',')}`
    );
  }
  const [vps = '', sps = '', pps = ''] = sets;
  return `sprop-vps=${vps}; sprop-sps=${sps}; sprop-pps=${pps}`;
}

/** The SDP of a stream (RFC 4566, with RFC 6184 §8.2.1 and RFC 7798 §7.2 for its codecs). */
export function buildSessionDescription(
  address: string,
  name: string,
  sessionControl: string,
  tracks: readonly DescribedTrack[],
): string {
  const lines = [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    `s=${name}`,
    'c=IN IP4 0.0.0.0',
    't=0 0',
    `a=control:${sessionControl}`,
    'a=range:npt=now-',
  ];
  for (const { clip, control } of tracks) {
    if (clip.codec === 'PCMU') {
      lines.push('m=audio 0 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000', `a=control:${control}`);
      lines.push('a=recvonly');
      continue;
    }
    lines.push(
      `m=video 0 RTP/AVP ${clip.payloadType}`,
      `b=AS:${clip.width > 640 ? 1500 : 400}`,
      `a=rtpmap:${clip.payloadType} ${clip.codec}/${clip.clockRate}`,
      `a=fmtp:${clip.payloadType} ${formatParameters(clip)}`,
      `a=framesize:${clip.payloadType} ${clip.width}-${clip.height}`,
      `a=control:${control}`,
      'a=recvonly',
    );
  }
  return `${lines.join('\r\n')}\r\n`;
}
