import type { StreamName } from '../rtsp/rtsp-connection.ts';
import { sourceConfiguration, synchronize } from './media-service.ts';
import {
  configurationToken,
  gopFrames,
  httpBase,
  type OnvifCamera,
  type OperationHandler,
  pictureOf,
  snapshotPath,
  streamOfProfile,
  streamUri,
} from './onvif-camera.ts';
import { escapeXml, SoapFault, textAt } from './soap.ts';

const streamNames: readonly StreamName[] = ['main', 'sub'];

function encoder(camera: OnvifCamera, stream: StreamName): string {
  const { width, height, codec } = pictureOf(camera, stream);
  const { quality, bitrateKilobits } = camera.settings[stream];
  const profile = { baseline: 'Baseline', main: 'Main', high: 'High' }[
    camera.state.model.encoder.profile
  ];
  return (
    `<tr2:VideoEncoder token="${configurationToken(stream)}" ` +
    `GovLength="${gopFrames(camera, stream)}" Profile="${codec === 'H265' ? 'Main' : profile}">` +
    `<tt:Name>${stream} encoder</tt:Name><tt:UseCount>1</tt:UseCount>` +
    `<tt:Encoding>${codec}</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width>` +
    `<tt:Height>${height}</tt:Height></tt:Resolution><tt:RateControl ConstantBitRate="false">` +
    `<tt:FrameRateLimit>${camera.encoders[stream].framesPerSecond}</tt:FrameRateLimit>` +
    `<tt:BitrateLimit>${bitrateKilobits}</tt:BitrateLimit></tt:RateControl>` +
    `<tt:Quality>${quality}</tt:Quality></tr2:VideoEncoder>`
  );
}

const getProfiles: OperationHandler = (camera, { body }) => {
  const wanted = new Set(
    body.children.filter((child) => child.local === 'Type').map((child) => child.text.trim()),
  );
  const wants = (type: string) => wanted.has('All') || wanted.has(type);
  const token = textAt(body, 'Token');
  const streams = token === '' ? streamNames : [streamOfProfile(camera, token)];
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

/** The part of the Media 2 service (ver20) that a recorder needs. */
export const media2Operations: Readonly<Record<string, OperationHandler>> = {
  GetProfiles: getProfiles,
  GetStreamUri: getStreamUri,
  GetSnapshotUri: getSnapshotUri,
  SetSynchronizationPoint: setSynchronizationPoint,
};
