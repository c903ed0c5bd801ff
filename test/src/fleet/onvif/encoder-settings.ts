import type { StreamName } from '../rtsp/rtsp-connection.ts';
import { gopFrames, type OnvifCamera, streamOfConfiguration } from './onvif-camera.ts';
import { SoapFault, textAt, type XmlElement } from './soap.ts';

/** What the encoders can be set to, in kbit/s. */
export const bitrateRange = { min: 32, max: 8192 };

export function sizesOf(camera: OnvifCamera, stream: StreamName): OnvifCamera['mainSizes'] {
  return stream === 'main' ? camera.mainSizes : [camera.encoders.sub.normalClip];
}

function refuseConfiguration(reason: string): never {
  throw new SoapFault('Sender', ['InvalidArgVal', 'ConfigModify'], reason);
}

/**
 * Sets an encoder from a configuration element of either media service; `gop` is where each has it.
 * Only what the encoder can really do is accepted, so that an accepted setting is a true one.
 */
export function configureEncoder(
  camera: OnvifCamera,
  wanted: XmlElement | undefined,
  gop: string,
): void {
  const stream = streamOfConfiguration(wanted?.attributes.get('token') ?? '');
  const settings = camera.settings[stream];
  const { codec } = camera.encoders[stream].normalClip;
  const width = Number(textAt(wanted, 'Resolution', 'Width'));
  const height = Number(textAt(wanted, 'Resolution', 'Height'));
  const sizes = sizesOf(camera, stream);
  const size = sizes.findIndex((known) => known.width === width && known.height === height);
  if (textAt(wanted, 'Encoding') !== codec) refuseConfiguration('The encoding is not supported');
  if (size < 0) refuseConfiguration('The resolution is not supported');
  const rate = textAt(wanted, 'RateControl', 'FrameRateLimit');
  if (rate !== '' && Number(rate) !== camera.encoders[stream].framesPerSecond) {
    refuseConfiguration('The frame rate is not supported');
  }
  if (gop !== '' && Number(gop) !== gopFrames(camera, stream)) {
    refuseConfiguration('The key-frame interval is not supported');
  }
  const bitrate = Number(textAt(wanted, 'RateControl', 'BitrateLimit')) || settings.bitrateKilobits;
  if (bitrate < bitrateRange.min || bitrate > bitrateRange.max) {
    refuseConfiguration('The bitrate is not supported');
  }
  settings.isSmall = size > 0;
  settings.quality = Number(textAt(wanted, 'Quality')) || settings.quality;
  settings.bitrateKilobits = bitrate;
  camera.applySettings();
}
