import type { StreamName } from '../rtsp/rtsp-connection.ts';
import { bitrateRange, configureEncoder, sizesOf } from './encoder-settings.ts';
import { sourceConfiguration, synchronize } from './media-service.ts';
import {
  configurationToken,
  gopFrames,
  httpBase,
  type OnvifCamera,
  type OperationHandler,
  pictureOf,
  requireSnapshots,
  snapshotPath,
  streamNamesOf,
  streamOfConfiguration,
  streamOfProfile,
  streamUri,
} from './onvif-camera.ts';
import { osdOperations } from './osd-operations.ts';
import { childNamed, escapeXml, SoapFault, textAt, type XmlElement } from './soap.ts';

function profileName(camera: OnvifCamera, stream: StreamName): string {
  if (pictureOf(camera, stream).codec === 'H265') return 'Main';
  return { baseline: 'Baseline', main: 'Main', high: 'High' }[camera.state.model.encoder.profile];
}

function encoder(camera: OnvifCamera, stream: StreamName, element = 'tr2:VideoEncoder'): string {
  const { width, height, codec } = pictureOf(camera, stream);
  const { quality, bitrateKilobits } = camera.settings[stream];
  return (
    `<${element} token="${configurationToken(stream)}" ` +
    `GovLength="${gopFrames(camera, stream)}" Profile="${profileName(camera, stream)}">` +
    `<tt:Name>${stream} encoder</tt:Name><tt:UseCount>1</tt:UseCount>` +
    `<tt:Encoding>${codec}</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width>` +
    `<tt:Height>${height}</tt:Height></tt:Resolution><tt:RateControl ConstantBitRate="false">` +
    `<tt:FrameRateLimit>${camera.encoders[stream].framesPerSecond}</tt:FrameRateLimit>` +
    `<tt:BitrateLimit>${bitrateKilobits}</tt:BitrateLimit></tt:RateControl>` +
    `<tt:Quality>${quality}</tt:Quality></${element}>`
  );
}

const getProfiles: OperationHandler = (camera, { body }) => {
  const wanted = new Set(
    body.children.filter((child) => child.local === 'Type').map((child) => child.text.trim()),
  );
  const wants = (type: string) => wanted.has('All') || wanted.has(type);
  const token = textAt(body, 'Token');
  const streams = token === '' ? streamNamesOf(camera) : [streamOfProfile(camera, token)];
  const source = sourceConfiguration(camera)
    .replace('<tt:VideoSourceConfiguration', '<tr2:VideoSource')
    .replace('</tt:VideoSourceConfiguration>', '</tr2:VideoSource>');
  const profiles = streams.map((stream) => {
    const parts =
      (wants('VideoSource') ? source : '') + (wants('VideoEncoder') ? encoder(camera, stream) : '');
    return (
      `<tr2:Profiles token="${camera.state.model.onvif.profileTokens[stream]}" fixed="true">` +
      `<tr2:Name>${stream}</tr2:Name>` +
      (parts === '' ? '' : `<tr2:Configurations>${parts}</tr2:Configurations>`) +
      '</tr2:Profiles>'
    );
  });
  return `<tr2:GetProfilesResponse>${profiles.join('')}</tr2:GetProfilesResponse>`;
};

const getStreamUri: OperationHandler = (camera, { body }) => {
  const stream = streamOfProfile(camera, textAt(body, 'ProfileToken'));
  const protocol = textAt(body, 'Protocol');
  if (protocol === 'RtspMulticast') {
    const reason = 'Multicast is not supported';
    throw new SoapFault('Sender', ['InvalidArgVal', 'InvalidStreamSetup'], reason);
  }
  return (
    `<tr2:GetStreamUriResponse><tr2:Uri>${escapeXml(streamUri(camera, stream))}</tr2:Uri>` +
    '</tr2:GetStreamUriResponse>'
  );
};

const getSnapshotUri: OperationHandler = (camera, { body }) => {
  requireSnapshots(camera);
  streamOfProfile(camera, textAt(body, 'ProfileToken'));
  return (
    `<tr2:GetSnapshotUriResponse><tr2:Uri>${httpBase(camera)}${snapshotPath}</tr2:Uri>` +
    '</tr2:GetSnapshotUriResponse>'
  );
};

const setSynchronizationPoint: OperationHandler = (camera, { body }) => {
  synchronize(camera, textAt(body, 'ProfileToken'));
  return '<tr2:SetSynchronizationPointResponse/>';
};

/** The streams that a request names by configuration, by profile, or not at all. */
function streamsMeant(camera: OnvifCamera, body: XmlElement): StreamName[] {
  const configuration = textAt(body, 'ConfigurationToken');
  const profile = textAt(body, 'ProfileToken');
  if (configuration !== '') return [streamOfConfiguration(configuration)];
  return profile !== '' ? [streamOfProfile(camera, profile)] : streamNamesOf(camera);
}

const getVideoEncoderConfigurations: OperationHandler = (camera, { body }) => {
  const list = streamsMeant(camera, body).map((stream) =>
    encoder(camera, stream, 'tr2:Configurations'),
  );
  return (
    '<tr2:GetVideoEncoderConfigurationsResponse>' +
    `${list.join('')}</tr2:GetVideoEncoderConfigurationsResponse>`
  );
};

const getVideoEncoderConfigurationOptions: OperationHandler = (camera, { body }) => {
  const options = streamsMeant(camera, body).map((stream) => {
    const sizes = sizesOf(camera, stream).map(
      ({ width, height }) =>
        `<tt:ResolutionsAvailable><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height>` +
        '</tt:ResolutionsAvailable>',
    );
    const gop = gopFrames(camera, stream);
    return (
      `<tr2:Options GovLengthRange="${gop} ${gop}" ` +
      `FrameRatesSupported="${camera.encoders[stream].framesPerSecond}" ` +
      `ProfilesSupported="${profileName(camera, stream)}" ConstantBitRateSupported="false">` +
      `<tt:Encoding>${camera.encoders[stream].normalClip.codec}</tt:Encoding>` +
      '<tt:QualityRange><tt:Min>1</tt:Min><tt:Max>6</tt:Max></tt:QualityRange>' +
      `${sizes.join('')}<tt:BitrateRange><tt:Min>${bitrateRange.min}</tt:Min>` +
      `<tt:Max>${bitrateRange.max}</tt:Max></tt:BitrateRange></tr2:Options>`
    );
  });
  return (
    '<tr2:GetVideoEncoderConfigurationOptionsResponse>' +
    `${options.join('')}</tr2:GetVideoEncoderConfigurationOptionsResponse>`
  );
};

const setVideoEncoderConfiguration: OperationHandler = (camera, { body }) => {
  const wanted = childNamed(body, 'Configuration');
  configureEncoder(camera, wanted, wanted?.attributes.get('GovLength') ?? '');
  return '<tr2:SetVideoEncoderConfigurationResponse/>';
};

/** The part of the Media 2 service (ver20) that a recorder needs. */
export const media2Operations: Readonly<Record<string, OperationHandler>> = {
  GetProfiles: getProfiles,
  GetStreamUri: getStreamUri,
  GetSnapshotUri: getSnapshotUri,
  SetSynchronizationPoint: setSynchronizationPoint,
  GetVideoEncoderConfigurations: getVideoEncoderConfigurations,
  GetVideoEncoderConfigurationOptions: getVideoEncoderConfigurationOptions,
  SetVideoEncoderConfiguration: setVideoEncoderConfiguration,
  ...osdOperations('tr2'),
};
