import { clockHoleUs, type FootageOutline, hasPlayableSound } from './footage-outline.ts';

export interface PlaylistRequest {
  /** In order of time, without overlap. */
  readonly pieces: readonly FootageOutline[];
  readonly fromUs: number;
  /** Nothing will be added: the range lies in the past. */
  readonly ended: boolean;
  /** Leave the sound out also where players know it. */
  readonly videoOnly: boolean;
}

/**
 * A playlist of recorded pieces (RFC 8216): one media segment for each, addressed relative to the
 * playlist as `hls/<startUs>/media.m4s`. Media time runs on without holes, so that players which pass
 * over EXT-X-DISCONTINUITY show every picture; the wall time stands at each piece as
 * EXT-X-PROGRAM-DATE-TIME. A new EXT-X-MAP comes only where a decoder must be set up anew. A range
 * that still grows is an EVENT playlist of the closed pieces.
 */
export function buildPlaylist(request: PlaylistRequest): string {
  const pieces = request.ended ? request.pieces : request.pieces.filter((piece) => !piece.open);
  const longestUs = pieces.reduce((most, piece) => Math.max(most, piece.durationUs), 1_000_000);
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.ceil(longestUs / 1e6)}`,
    `#EXT-X-PLAYLIST-TYPE:${request.ended ? 'VOD' : 'EVENT'}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-INDEPENDENT-SEGMENTS',
  ];
  const [first] = pieces;
  if (first !== undefined && request.fromUs > first.startUs) {
    const offset = (request.fromUs - first.startUs) / 1e6;
    lines.push(`#EXT-X-START:TIME-OFFSET=${offset.toFixed(3)},PRECISE=YES`);
  }
  let before: FootageOutline | undefined;
  let mediaUs = 0;
  for (const piece of pieces) {
    const sound = hasPlayableSound(piece.codec) && !request.videoOnly;
    const media = sound ? '' : '&media=video';
    const isNew = before?.initialisation !== piece.initialisation;
    const follows = before === undefined || piece.startUs - before.endUs <= clockHoleUs;
    if (before !== undefined && (isNew || !follows)) lines.push('#EXT-X-DISCONTINUITY');
    if (isNew) {
      lines.push(`#EXT-X-MAP:URI="hls/${piece.startUs}/init.mp4${sound ? '' : '?media=video'}"`);
    }
    lines.push(
      `#EXT-X-PROGRAM-DATE-TIME:${isoOf(piece.startUs)}`,
      `#EXTINF:${(piece.durationUs / 1e6).toFixed(6)},`,
      `hls/${piece.startUs}/media.m4s?atUs=${Math.round(mediaUs)}&bytes=${piece.sizeBytes}${media}`,
    );
    mediaUs += piece.durationUs;
    before = piece;
  }
  if (request.ended) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

function isoOf(wallUs: number): string {
  return new Date(Math.floor(wallUs / 1000)).toISOString();
}
