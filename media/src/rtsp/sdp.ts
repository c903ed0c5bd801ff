import type { AudioCodec, TrackDescription, VideoCodec } from '../hub/stream-hub-types.ts';
import { MediaError } from '../media-error.ts';

/** One media description that can be pulled, before it is set up. */
export interface SdpTrack extends Omit<TrackDescription, 'index'> {
  /** `a=control`, unresolved. */
  readonly control: string | undefined;
}

export interface SessionDescription {
  /** Session-level `a=control`, unresolved. */
  readonly control: string | undefined;
  /** Usable tracks in the order of the description. */
  readonly tracks: readonly SdpTrack[];
  /** What was left out and why, e.g. `application VND.ONVIF.METADATA`. */
  readonly skipped: readonly string[];
}

interface MediaSection {
  readonly kind: string;
  readonly formats: readonly string[];
  readonly attributes: readonly (readonly [name: string, value: string])[];
}

interface RtpMap {
  readonly encoding: string;
  readonly clockRateHz: number;
  readonly channels: number;
}

const MAX_LINES = 1000;
const MAX_SECTIONS = 32;
const MAX_PARAMETER_SETS = 32;
const STATIC_MAPS: Readonly<Record<number, RtpMap>> = {
  0: { encoding: 'PCMU', clockRateHz: 8000, channels: 1 },
  8: { encoding: 'PCMA', clockRateHz: 8000, channels: 1 },
  26: { encoding: 'JPEG', clockRateHz: 90_000, channels: 0 },
};
const VIDEO_CODECS: readonly VideoCodec[] = ['H264', 'H265', 'JPEG'];
const AUDIO_CODECS: readonly AudioCodec[] = ['PCMU', 'PCMA', 'MPEG4-GENERIC'];

/**
 * Parses the body of a DESCRIBE response (RFC 8866; `rtpmap`, `fmtp`, `control` and direction
 * attributes are read). Throws MediaError SDP_INVALID when it is no session description, or
 * LIMIT_EXCEEDED when it is too long.
 */
export function parseSdp(text: string): SessionDescription {
  const lines = text.split(/\r\n|\n|\r/, MAX_LINES + 1);
  if (lines.length > MAX_LINES) {
    throw new MediaError('LIMIT_EXCEEDED', `session description over ${MAX_LINES} lines`);
  }
  if (lines[0]?.trim() !== 'v=0') {
    throw new MediaError('SDP_INVALID', 'session description does not begin with v=0');
  }
  let control: string | undefined;
  const sections: MediaSection[] = [];
  let attributes: (readonly [string, string])[] | undefined;
  for (const line of lines) {
    if (line.startsWith('m=')) {
      if (sections.length >= MAX_SECTIONS) {
        throw new MediaError('LIMIT_EXCEEDED', `more than ${MAX_SECTIONS} media descriptions`);
      }
      const [kind = '', , , ...formats] = line.slice(2).trim().split(/\s+/);
      attributes = [];
      sections.push({ kind: kind.toLowerCase(), formats, attributes });
    } else if (line.startsWith('a=')) {
      const colon = line.indexOf(':');
      const name = (colon < 0 ? line.slice(2) : line.slice(2, colon)).trim().toLowerCase();
      const value = colon < 0 ? '' : line.slice(colon + 1).trim();
      if (attributes !== undefined) attributes.push([name, value]);
      else if (name === 'control') control ??= value;
    }
  }
  const tracks: SdpTrack[] = [];
  const skipped: string[] = [];
  for (const section of sections) {
    const found = trackOf(section);
    if (typeof found === 'string') skipped.push(found);
    else tracks.push(found);
  }
  return { control, tracks, skipped };
}

/**
 * The tracks to set up: the first usable video and the first usable audio. Throws MediaError
 * CODEC_UNSUPPORTED when no video is usable, naming what was offered.
 */
export function selectTracks(description: SessionDescription): readonly SdpTrack[] {
  const video = description.tracks.find((track) => track.kind === 'video');
  if (video === undefined) {
    const offered = description.skipped.join(', ') || 'no media';
    throw new MediaError('CODEC_UNSUPPORTED', `no usable video; offered: ${offered}`);
  }
  const audio = description.tracks.find((track) => track.kind === 'audio');
  return audio === undefined ? [video] : [video, audio];
}

function trackOf(section: MediaSection): SdpTrack | string {
  const valuesOf = (name: string): string[] =>
    section.attributes.filter(([key]) => key === name).map(([, value]) => value);
  const maps = new Map<number, RtpMap>();
  for (const value of valuesOf('rtpmap')) {
    const match = /^(\d{1,3})\s+([\w.+-]{1,64})\/(\d{1,9})(?:\/(\d{1,2}))?/.exec(value);
    if (match === null || Number(match[3]) === 0) continue;
    maps.set(Number(match[1]), {
      encoding: (match[2] ?? '').toUpperCase(),
      clockRateHz: Number(match[3]),
      channels: section.kind === 'audio' ? Number(match[4] ?? 1) : 0,
    });
  }
  const names: string[] = [];
  for (const format of section.formats) {
    if (!/^\d{1,3}$/.test(format) || Number(format) > 127) continue;
    const payloadType = Number(format);
    const map = maps.get(payloadType) ?? STATIC_MAPS[payloadType];
    if (map === undefined) continue;
    names.push(map.encoding);
    const codec =
      section.kind === 'video'
        ? VIDEO_CODECS.find((known) => known === map.encoding)
        : section.kind === 'audio'
          ? AUDIO_CODECS.find((known) => known === map.encoding)
          : undefined;
    if (codec === undefined) continue;
    if (section.attributes.some(([name]) => name === 'inactive')) return `${section.kind} inactive`;
    // ONVIF Streaming §5.3: the camera's loudspeaker, not its microphone.
    if (section.kind === 'audio' && section.attributes.some(([name]) => name === 'sendonly')) {
      return 'audio back channel';
    }
    const formatParameters = formatParametersOf(valuesOf('fmtp'), payloadType);
    return {
      kind: section.kind === 'video' ? 'video' : 'audio',
      codec,
      payloadType,
      clockRateHz: map.clockRateHz,
      channels: map.channels,
      formatParameters,
      parameterSets: parameterSetsOf(codec, formatParameters),
      control: valuesOf('control')[0],
    };
  }
  return `${section.kind} ${names.join('/') || 'of unknown format'}`.slice(0, 120);
}

function formatParametersOf(
  values: readonly string[],
  payloadType: number,
): Readonly<Record<string, string>> {
  const entries: [string, string][] = [];
  for (const value of values) {
    const space = value.search(/\s/);
    if (space < 0 || Number(value.slice(0, space)) !== payloadType) continue;
    for (const part of value.slice(space).split(';')) {
      const equals = part.indexOf('=');
      const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
      if (name !== '') entries.push([name, equals < 0 ? '' : part.slice(equals + 1).trim()]);
    }
  }
  return Object.fromEntries(entries);
}

function parameterSetsOf(
  codec: VideoCodec | AudioCodec,
  parameters: Readonly<Record<string, string>>,
): readonly Buffer[] {
  if (codec === 'H264') {
    const sets = decodeSets(parameters['sprop-parameter-sets']);
    const typeOf = (set: Buffer): number => (set[0] ?? 0) & 0x1f;
    return [...sets.filter((s) => typeOf(s) === 7), ...sets.filter((s) => typeOf(s) === 8)];
  }
  if (codec === 'H265') {
    const typeOf = (set: Buffer): number => ((set[0] ?? 0) >> 1) & 0x3f;
    return [
      ...decodeSets(parameters['sprop-vps']).filter((s) => typeOf(s) === 32),
      ...decodeSets(parameters['sprop-sps']).filter((s) => typeOf(s) === 33),
      ...decodeSets(parameters['sprop-pps']).filter((s) => typeOf(s) === 34),
    ];
  }
  return [];
}

function decodeSets(list: string | undefined): Buffer[] {
  if (list === undefined) return [];
  return list
    .split(',', MAX_PARAMETER_SETS)
    .filter((text) => /^\s*[A-Za-z0-9+/]{2,8192}={0,2}\s*$/.test(text))
    .map((text) => withoutStartCode(Buffer.from(text, 'base64')));
}

/** Some cameras put an Annex B start code in front of the set. */
function withoutStartCode(set: Buffer): Buffer {
  if (set[0] === 0 && set[1] === 0 && set[2] === 1) return set.subarray(3);
  if (set[0] === 0 && set[1] === 0 && set[2] === 0 && set[3] === 1) return set.subarray(4);
  return set;
}
