import type { StreamName } from '../rtsp/rtsp-connection.ts';
import { bitrateRange, configureEncoder, sizesOf } from './encoder-settings.ts';
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
import { childNamed, escapeXml, SoapFault, textAt } from './soap.ts';

const sourceToken = 'VideoSource_1';

const multicast =
  '<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address>' +
  '</tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart>' +
  '</tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout>';

export function sourceConfiguration(camera: OnvifCamera): string {
  const { width, height } = camera.encoders.main.normalClip;
  return (
    '<tt:VideoSourceConfiguration token="VideoSourceConfig_1"><tt:Name>VideoSourceConfig</tt:Name>' +
    `<tt:UseCount>2</tt:UseCount><tt:SourceToken>${sourceToken}</tt:SourceToken>` +
    `<tt:Bounds x="0" y="0" width="${width}" height="${height}"/></tt:VideoSourceConfiguration>`
  );
}

function h264ProfileName(camera: OnvifCamera): string {
  return { baseline: 'Baseline', main: 'Main', high: 'High' }[camera.state.model.encoder.profile];
}

function encoderContent(camera: OnvifCamera, stream: StreamName): string {
  const { width, height } = pictureOf(camera, stream);
  const { quality, bitrateKilobits } = camera.settings[stream];
  const { omitsRateControl } = camera.state.model.onvif;
  return (
    `<tt:Name>${stream} encoder</tt:Name><tt:UseCount>1</tt:UseCount>` +
    '<tt:Encoding>H264</tt:Encoding>' +
    `<tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>` +
    `<tt:Quality>${quality}</tt:Quality>` +
    (omitsRateControl
      ? ''
      : `<tt:RateControl><tt:FrameRateLimit>${camera.encoders[stream].framesPerSecond}` +
        '</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>' +
        `<tt:BitrateLimit>${bitrateKilobits}</tt:BitrateLimit></tt:RateControl>`) +
    `<tt:H264><tt:GovLength>${gopFrames(camera, stream)}</tt:GovLength>` +
    `<tt:H264Profile>${h264ProfileName(camera)}</tt:H264Profile></tt:H264>${multicast}`
  );
}

/** Media 1 knows JPEG, MPEG-4 and H.264 only: an H.265 stream has no profile in it. */
function streamsOf(camera: OnvifCamera): StreamName[] {
  return streamNamesOf(camera).filter(
    (stream) => camera.encoders[stream].normalClip.codec === 'H264',
  );
}

const getProfiles: OperationHandler = (camera) => {
  const audio =
    camera.encoders.audio === null
      ? ''
      : '<tt:AudioSourceConfiguration token="AudioSourceConfig_1"><tt:Name>AudioSource</tt:Name>' +
        '<tt:UseCount>2</tt:UseCount><tt:SourceToken>AudioSource_1</tt:SourceToken>' +
        '</tt:AudioSourceConfiguration>';
  const audioEncoder =
    camera.encoders.audio === null
      ? ''
      : '<tt:AudioEncoderConfiguration token="AudioEncoder_1"><tt:Name>AudioEncoder</tt:Name>' +
        '<tt:UseCount>2</tt:UseCount><tt:Encoding>G711</tt:Encoding><tt:Bitrate>64</tt:Bitrate>' +
        `<tt:SampleRate>8</tt:SampleRate>${multicast}</tt:AudioEncoderConfiguration>`;
  const profiles = streamsOf(camera).map(
    (stream) =>
      `<trt:Profiles token="${camera.state.model.onvif.profileTokens[stream]}" fixed="true">` +
      `<tt:Name>${stream}</tt:Name>${sourceConfiguration(camera)}${audio}` +
      `<tt:VideoEncoderConfiguration token="${configurationToken(stream)}">` +
      `${encoderContent(camera, stream)}</tt:VideoEncoderConfiguration>${audioEncoder}</trt:Profiles>`,
  );
  return `<trt:GetProfilesResponse>${profiles.join('')}</trt:GetProfilesResponse>`;
};

function mediaUri(operation: string, uri: string): string {
  return (
    `<trt:${operation}Response><trt:MediaUri><tt:Uri>${escapeXml(uri)}</tt:Uri>` +
    '<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>' +
    '<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>' +
    `</trt:MediaUri></trt:${operation}Response>`
  );
}

const getStreamUri: OperationHandler = (camera, { body }) => {
  const stream = streamOfProfile(camera, textAt(body, 'ProfileToken'));
  const setup = childNamed(body, 'StreamSetup');
  if (textAt(setup, 'Stream') === 'RTP-Multicast') {
    const reason = 'Multicast is not supported';
    throw new SoapFault('Sender', ['InvalidArgVal', 'InvalidStreamSetup'], reason);
  }
  return mediaUri('GetStreamUri', streamUri(camera, stream));
};

const getSnapshotUri: OperationHandler = (camera, { body }) => {
  requireSnapshots(camera);
  streamOfProfile(camera, textAt(body, 'ProfileToken'));
  return mediaUri('GetSnapshotUri', httpBase(camera) + snapshotPath);
};

const getVideoSources: OperationHandler = (camera) => {
  const { width, height } = camera.encoders.main.normalClip;
  return (
    `<trt:GetVideoSourcesResponse><trt:VideoSources token="${sourceToken}">` +
    `<tt:Framerate>${camera.encoders.main.framesPerSecond}</tt:Framerate>` +
    `<tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>` +
    '</trt:VideoSources></trt:GetVideoSourcesResponse>'
  );
};

const getVideoEncoderConfigurations: OperationHandler = (camera) => {
  const configurations = streamsOf(camera).map(
    (stream) =>
      `<trt:Configurations token="${configurationToken(stream)}">` +
      `${encoderContent(camera, stream)}</trt:Configurations>`,
  );
  return (
    '<trt:GetVideoEncoderConfigurationsResponse>' +
    `${configurations.join('')}</trt:GetVideoEncoderConfigurationsResponse>`
  );
};

const getVideoEncoderConfiguration: OperationHandler = (camera, { body }) => {
  const token = textAt(body, 'ConfigurationToken');
  const stream = streamOfConfiguration(token);
  return (
    `<trt:GetVideoEncoderConfigurationResponse><trt:Configuration token="${token}">` +
    `${encoderContent(camera, stream)}</trt:Configuration>` +
    '</trt:GetVideoEncoderConfigurationResponse>'
  );
};

const getVideoEncoderConfigurationOptions: OperationHandler = (camera, { body }) => {
  const configuration = textAt(body, 'ConfigurationToken');
  const profile = textAt(body, 'ProfileToken');
  const stream =
    configuration !== ''
      ? streamOfConfiguration(configuration)
      : profile !== ''
        ? streamOfProfile(camera, profile)
        : 'main';
  const gop = gopFrames(camera, stream);
  const rate = camera.encoders[stream].framesPerSecond;
  const range = (name: string, low: number, high: number) =>
    `<tt:${name}><tt:Min>${low}</tt:Min><tt:Max>${high}</tt:Max></tt:${name}>`;
  const sizes = sizesOf(camera, stream).map(
    ({ width, height }) =>
      `<tt:ResolutionsAvailable><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height>` +
      '</tt:ResolutionsAvailable>',
  );
  return (
    '<trt:GetVideoEncoderConfigurationOptionsResponse><trt:Options>' +
    `${range('QualityRange', 1, 6)}<tt:H264>${sizes.join('')}${range('GovLengthRange', gop, gop)}` +
    `${range('FrameRateRange', rate, rate)}${range('EncodingIntervalRange', 1, 1)}` +
    `<tt:H264ProfilesSupported>${h264ProfileName(camera)}</tt:H264ProfilesSupported></tt:H264>` +
    `<tt:Extension><tt:H264>${sizes.join('')}${range('GovLengthRange', gop, gop)}` +
    `${range('FrameRateRange', rate, rate)}${range('EncodingIntervalRange', 1, 1)}` +
    `<tt:H264ProfilesSupported>${h264ProfileName(camera)}</tt:H264ProfilesSupported>` +
    `${range('BitrateRange', bitrateRange.min, bitrateRange.max)}</tt:H264></tt:Extension>` +
    '</trt:Options></trt:GetVideoEncoderConfigurationOptionsResponse>'
  );
};

const setVideoEncoderConfiguration: OperationHandler = (camera, { body }) => {
  const wanted = childNamed(body, 'Configuration');
  configureEncoder(camera, wanted, textAt(wanted, 'H264', 'GovLength'));
  return '<trt:SetVideoEncoderConfigurationResponse/>';
};

/** Makes the next frame of a profile's stream a key frame; the same in both media services. */
export function synchronize(camera: OnvifCamera, profileToken: string): void {
  const stream = streamOfProfile(camera, profileToken);
  camera.state.counters.synchronizationPoints += 1;
  camera.encoders[stream].requestKeyFrame();
}

const setSynchronizationPoint: OperationHandler = (camera, { body }) => {
  synchronize(camera, textAt(body, 'ProfileToken'));
  return '<trt:SetSynchronizationPointResponse/>';
};

/** The media service (ONVIF Media Service Specification, ver10). */
export const mediaOperations: Readonly<Record<string, OperationHandler>> = {
  GetProfiles: getProfiles,
  GetStreamUri: getStreamUri,
  GetSnapshotUri: getSnapshotUri,
  GetVideoSources: getVideoSources,
  GetVideoEncoderConfigurations: getVideoEncoderConfigurations,
  GetVideoEncoderConfiguration: getVideoEncoderConfiguration,
  GetVideoEncoderConfigurationOptions: getVideoEncoderConfigurationOptions,
  SetVideoEncoderConfiguration: setVideoEncoderConfiguration,
  SetSynchronizationPoint: setSynchronizationPoint,
  ...osdOperations('trt'),
};
