import type { CameraStream } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { Deadline } from './deadline.ts';
import type { OnvifClient } from './onvif-client.ts';
import { escapeXml } from './soap-envelope.ts';
import {
  childrenNamed,
  decimalAt,
  find,
  integerAt,
  missing,
  requiredTextAt,
  textAt,
} from './xml-query.ts';
import type { XmlElement } from './xml-reader.ts';

export type MediaService = 'media' | 'media2';

/** One media profile with a video encoder. */
export interface MediaProfile {
  readonly token: string;
  readonly name: string;
  /** The service that told of it, which is asked for its URIs. */
  readonly service: MediaService;
  readonly codec: CameraStream['codec'] | 'other';
  readonly widthPx: number;
  readonly heightPx: number;
  /** Null when the encoder tells no rate. */
  readonly frameRateFps: number | null;
}

/**
 * GetProfiles of Media 1 or Media 2. Profiles without a video encoder are left out; an encoder
 * without RateControl is whole. Throws CAMERA_ANSWER_INVALID for a malformed one.
 */
export async function getProfiles(
  client: OnvifClient,
  service: MediaService,
  deadline: Deadline,
): Promise<readonly MediaProfile[]> {
  const response = await client.call(
    {
      operation: 'GetProfiles',
      service,
      body:
        service === 'media'
          ? '<trt:GetProfiles/>'
          : '<tr2:GetProfiles><tr2:Type>VideoEncoder</tr2:Type></tr2:GetProfiles>',
    },
    deadline,
  );
  return childrenNamed(response, 'Profiles').flatMap((profile) => parseProfile(profile, service));
}

function parseProfile(profile: XmlElement, service: MediaService): MediaProfile[] {
  const token = profile.attributes.get('token') ?? '';
  if (token === '' || token.length > 128) throw missing(profile, ['token']);
  const encoder =
    service === 'media'
      ? find(profile, 'VideoEncoderConfiguration')
      : find(profile, 'Configurations', 'VideoEncoder');
  if (encoder === undefined) return [];
  const widthPx = integerAt(encoder, 'Resolution', 'Width');
  const heightPx = integerAt(encoder, 'Resolution', 'Height');
  if (widthPx === undefined || heightPx === undefined) {
    throw missing(encoder, ['Resolution', 'Width, Height']);
  }
  return [
    {
      token,
      name: textAt(profile, 'Name') ?? token,
      service,
      codec: codecNamed(requiredTextAt(encoder, 'Encoding')),
      widthPx,
      heightPx,
      frameRateFps: decimalAt(encoder, 'RateControl', 'FrameRateLimit') || null,
    },
  ];
}

/** Media 1's enumeration and Media 2's IANA subtypes, with the spellings that firmware invented. */
function codecNamed(encoding: string): MediaProfile['codec'] {
  switch (encoding.toUpperCase().replace(/[.\s]/g, '')) {
    case 'H264':
      return 'H264';
    case 'H265':
    case 'HEVC':
      return 'H265';
    case 'JPEG':
    case 'MJPEG':
      return 'JPEG';
    default:
      return 'other';
  }
}

/** GetStreamUri for RTP in the RTSP connection; the URI as the camera gives it, not to be followed as it is. */
export async function getStreamUri(
  client: OnvifClient,
  profile: Pick<MediaProfile, 'token' | 'service'>,
  deadline: Deadline,
): Promise<string> {
  const token = escapeXml(profile.token);
  const response = await client.call(
    {
      operation: 'GetStreamUri',
      service: profile.service,
      body:
        profile.service === 'media'
          ? '<trt:GetStreamUri><trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream>' +
            '<tt:Transport><tt:Protocol>RTSP</tt:Protocol></tt:Transport></trt:StreamSetup>' +
            `<trt:ProfileToken>${token}</trt:ProfileToken></trt:GetStreamUri>`
          : `<tr2:GetStreamUri><tr2:Protocol>RTSP</tr2:Protocol><tr2:ProfileToken>${token}</tr2:ProfileToken></tr2:GetStreamUri>`,
    },
    deadline,
  );
  return uriOf(response, profile.service);
}

/** GetSnapshotUri; the URI as the camera gives it, not to be followed as it is. */
export async function getSnapshotUri(
  client: OnvifClient,
  profile: Pick<MediaProfile, 'token' | 'service'>,
  deadline: Deadline,
): Promise<string> {
  const prefix = profile.service === 'media' ? 'trt' : 'tr2';
  const response = await client.call(
    {
      operation: 'GetSnapshotUri',
      service: profile.service,
      body: `<${prefix}:GetSnapshotUri><${prefix}:ProfileToken>${escapeXml(profile.token)}</${prefix}:ProfileToken></${prefix}:GetSnapshotUri>`,
    },
    deadline,
  );
  return uriOf(response, profile.service);
}

/** SetSynchronizationPoint: the next picture of the profile's streams is a key frame. */
export async function setSynchronizationPoint(
  client: OnvifClient,
  profile: Pick<MediaProfile, 'token' | 'service'>,
  deadline: Deadline,
): Promise<void> {
  const prefix = profile.service === 'media' ? 'trt' : 'tr2';
  await client.call(
    {
      operation: 'SetSynchronizationPoint',
      service: profile.service,
      body: `<${prefix}:SetSynchronizationPoint><${prefix}:ProfileToken>${escapeXml(profile.token)}</${prefix}:ProfileToken></${prefix}:SetSynchronizationPoint>`,
    },
    deadline,
  );
}

/** Media services that the camera has, the newer first. */
export function mediaServices(client: OnvifClient): readonly MediaService[] {
  return (['media2', 'media'] as const).filter((service) => client.hasService(service));
}

function uriOf(response: XmlElement, service: MediaService): string {
  const uri = service === 'media' ? textAt(response, 'MediaUri', 'Uri') : textAt(response, 'Uri');
  if (uri === undefined) {
    throw new Fault('CAMERA_ANSWER_INVALID', `${response.local} gives no Uri`);
  }
  return uri;
}
