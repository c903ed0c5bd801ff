import { Fault } from '@nigehban/domain/faults.ts';
import type { Deadline } from './deadline.ts';
import type { MediaProfile, MediaService } from './media-operations.ts';
import type { OnvifClient } from './onvif-client.ts';
import { escapeXml } from './soap-envelope.ts';
import { childrenNamed, decimalAt, find, integerAt, textAt } from './xml-query.ts';
import type { XmlElement } from './xml-reader.ts';
import { withAttribute, withText, writeElementAs } from './xml-writer.ts';

export type EncoderCodec = 'H264' | 'H265';

/** What one video encoder is set to; null where the camera tells nothing. */
export interface EncoderSetting {
  readonly codec: EncoderCodec | 'other';
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frameRateFps: number | null;
  readonly bitrateKbps: number | null;
  readonly keyFrameEveryFrames: number | null;
}

/** A configuration as the camera gave it, to be changed and sent back whole. */
export interface EncoderConfiguration {
  readonly token: string;
  readonly service: MediaService;
  readonly setting: EncoderSetting;
  readonly element: XmlElement;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** What an encoder can be set to for one codec; empty and null where the camera tells nothing. */
export interface EncoderOptions {
  readonly codec: EncoderCodec;
  readonly resolutions: readonly { readonly widthPx: number; readonly heightPx: number }[];
  readonly frameRates: Range | readonly number[] | null;
  readonly bitrateKbps: Range | null;
  readonly keyFrameEveryFrames: Range | null;
}

/** The encoder of a profile (Media 1 and 2: GetProfiles). @throws Fault CAMERA_NO_PROFILE */
export async function readEncoder(
  client: OnvifClient,
  profile: Pick<MediaProfile, 'token' | 'service'>,
  deadline: Deadline,
): Promise<EncoderConfiguration> {
  const { service } = profile;
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
  const found = childrenNamed(response, 'Profiles').find(
    (one) => one.attributes.get('token') === profile.token,
  );
  const element =
    found &&
    (service === 'media'
      ? find(found, 'VideoEncoderConfiguration')
      : find(found, 'Configurations', 'VideoEncoder'));
  const token = element?.attributes.get('token');
  if (element === undefined || token === undefined || token === '') {
    throw new Fault('CAMERA_NO_PROFILE', `The camera lost the encoder of profile ${profile.token}`);
  }
  return { token, service, setting: settingOf(element, service), element };
}

function settingOf(element: XmlElement, service: MediaService): EncoderSetting {
  const codec = codecOf(textAt(element, 'Encoding') ?? '');
  const gop =
    service === 'media'
      ? integerAt(element, codec === 'H265' ? 'H265' : 'H264', 'GovLength')
      : Number(element.attributes.get('GovLength') ?? Number.NaN);
  return {
    codec: codec ?? 'other',
    widthPx: integerAt(element, 'Resolution', 'Width') ?? 0,
    heightPx: integerAt(element, 'Resolution', 'Height') ?? 0,
    frameRateFps: decimalAt(element, 'RateControl', 'FrameRateLimit') ?? null,
    bitrateKbps: integerAt(element, 'RateControl', 'BitrateLimit') ?? null,
    keyFrameEveryFrames: gop === undefined || Number.isNaN(gop) ? null : gop,
  };
}

/** GetVideoEncoderConfigurationOptions of both media services, one entry for each codec. */
export async function readEncoderOptions(
  client: OnvifClient,
  encoder: Pick<EncoderConfiguration, 'token' | 'service'>,
  profileToken: string,
  deadline: Deadline,
): Promise<readonly EncoderOptions[]> {
  const prefix = encoder.service === 'media' ? 'trt' : 'tr2';
  const response = await client.call(
    {
      operation: 'GetVideoEncoderConfigurationOptions',
      service: encoder.service,
      body:
        `<${prefix}:GetVideoEncoderConfigurationOptions>` +
        `<${prefix}:ConfigurationToken>${escapeXml(encoder.token)}</${prefix}:ConfigurationToken>` +
        `<${prefix}:ProfileToken>${escapeXml(profileToken)}</${prefix}:ProfileToken>` +
        `</${prefix}:GetVideoEncoderConfigurationOptions>`,
    },
    deadline,
  );
  const options = childrenNamed(response, 'Options');
  return encoder.service === 'media' ? options.flatMap(options1) : options.flatMap(options2);
}

/** Media 1 has the bitrate only in the extension, which repeats the rest. */
function options1(options: XmlElement): EncoderOptions[] {
  const h264 = find(options, 'H264');
  const extended = find(options, 'Extension', 'H264') ?? h264;
  if (h264 === undefined && extended === undefined) return [];
  const plain = h264 ?? extended;
  if (plain === undefined) return [];
  return [
    {
      codec: 'H264',
      resolutions: resolutionsOf(plain),
      frameRates: rangeAt(plain, 'FrameRateRange'),
      bitrateKbps: extended === undefined ? null : rangeAt(extended, 'BitrateRange'),
      keyFrameEveryFrames: rangeAt(plain, 'GovLengthRange'),
    },
  ];
}

function options2(options: XmlElement): EncoderOptions[] {
  const codec = codecOf(textAt(options, 'Encoding') ?? '');
  if (codec === undefined) return [];
  const gop = numbersOf(options.attributes.get('GovLengthRange'));
  const [min, max] = [gop.at(0), gop.at(-1)];
  const rates = numbersOf(options.attributes.get('FrameRatesSupported'));
  return [
    {
      codec,
      resolutions: resolutionsOf(options),
      frameRates: rates.length === 0 ? null : rates,
      bitrateKbps: rangeAt(options, 'BitrateRange'),
      keyFrameEveryFrames: min === undefined || max === undefined ? null : { min, max },
    },
  ];
}

/**
 * SetVideoEncoderConfiguration (Media 1 §5.2.5, Media 2 §5.3.3): what the camera gave, with these
 * values in it. Lasting where the service knows a difference.
 */
export async function writeEncoder(
  client: OnvifClient,
  encoder: EncoderConfiguration,
  wanted: EncoderSetting,
  deadline: Deadline,
): Promise<void> {
  const { service } = encoder;
  const prefix = service === 'media' ? 'trt' : 'tr2';
  const element = changed(encoder, wanted);
  await client.call(
    {
      operation: 'SetVideoEncoderConfiguration',
      service,
      body:
        `<${prefix}:SetVideoEncoderConfiguration>` +
        writeElementAs(`${prefix}:Configuration`, element) +
        (service === 'media' ? '<trt:ForcePersistence>true</trt:ForcePersistence>' : '') +
        `</${prefix}:SetVideoEncoderConfiguration>`,
    },
    deadline,
  );
}

function changed({ element, service, setting }: EncoderConfiguration, wanted: EncoderSetting) {
  let next = element;
  const put = (path: readonly string[], value: number | string | null) => {
    if (value !== null) next = withText(next, path, String(value));
  };
  if (wanted.codec !== setting.codec) put(['Encoding'], wanted.codec);
  put(['Resolution', 'Width'], wanted.widthPx);
  put(['Resolution', 'Height'], wanted.heightPx);
  // A camera that tells no rates is not told any: their order in the element is not to be guessed.
  if (setting.frameRateFps !== null) put(['RateControl', 'FrameRateLimit'], wanted.frameRateFps);
  if (setting.bitrateKbps !== null) put(['RateControl', 'BitrateLimit'], wanted.bitrateKbps);
  if (wanted.keyFrameEveryFrames !== null && setting.keyFrameEveryFrames !== null) {
    if (service === 'media') put(['H264', 'GovLength'], wanted.keyFrameEveryFrames);
    else next = withAttribute(next, 'GovLength', String(wanted.keyFrameEveryFrames));
  }
  return next;
}

function codecOf(encoding: string): EncoderCodec | undefined {
  switch (encoding.toUpperCase().replace(/[.\s]/g, '')) {
    case 'H264':
      return 'H264';
    case 'H265':
    case 'HEVC':
      return 'H265';
    default:
      return undefined;
  }
}

function resolutionsOf(element: XmlElement) {
  return childrenNamed(element, 'ResolutionsAvailable').flatMap((one) => {
    const [widthPx, heightPx] = [integerAt(one, 'Width'), integerAt(one, 'Height')];
    return widthPx === undefined || heightPx === undefined ? [] : [{ widthPx, heightPx }];
  });
}

function rangeAt(element: XmlElement, local: string): Range | null {
  const [min, max] = [decimalAt(element, local, 'Min'), decimalAt(element, local, 'Max')];
  return min === undefined || max === undefined || max < min ? null : { min, max };
}

function numbersOf(list: string | undefined): readonly number[] {
  return (list ?? '')
    .split(/\s+/)
    .filter((text) => /^\d{1,6}(\.\d+)?$/.test(text))
    .map(Number);
}
