import type { CameraState } from '../camera-state.ts';
import type { CameraEncoders, StreamName } from '../rtsp/rtsp-connection.ts';
import type { Clip } from '../streams/clip.ts';
import type { EventSubscriptions } from './event-subscriptions.ts';
import { SoapFault, type SoapRequest } from './soap.ts';

/** What a client has set on a video encoder. */
export interface EncoderSettings {
  isSmall: boolean;
  quality: number;
  bitrateKilobits: number;
}

/** The camera as its ONVIF services see it. */
export interface OnvifCamera {
  readonly state: CameraState;
  readonly encoders: CameraEncoders;
  readonly settings: Readonly<Record<StreamName, EncoderSettings>>;
  /** The picture sizes the main encoder can be switched between, largest first. */
  readonly mainSizes: readonly Pick<Clip, 'width' | 'height'>[];
  readonly subscriptions: EventSubscriptions;
  /** Takes up changed settings at the next key frame. */
  applySettings(): void;
  reboot(): void;
}

/** Answers one operation with the content of the SOAP body. */
export type OperationHandler = (camera: OnvifCamera, request: SoapCall) => string | Promise<string>;

/** A request with what HTTP and WS-Addressing say of it. */
export interface SoapCall extends SoapRequest {
  /** As asked for, with query. */
  readonly path: string;
}

/** The encoders that the camera offers as streams. */
export function streamNamesOf({ state }: OnvifCamera): StreamName[] {
  return state.model.onvif.hasSubStream ? ['main', 'sub'] : ['main'];
}

/** Throws ter:ActionNotSupported where the model takes no pictures. */
export function requireSnapshots({ state }: OnvifCamera): void {
  if (state.model.onvif.hasSnapshot) return;
  throw new SoapFault('Receiver', ['ActionNotSupported'], 'No snapshots');
}

/** The base of the camera's HTTP addresses. */
export function httpBase(camera: OnvifCamera): string {
  const { address, httpPort } = camera.state.plan;
  return `http://${address}:${httpPort}`;
}

export const snapshotPath = '/onvif/snapshot.jpg';

export function configurationToken(stream: StreamName): string {
  return stream === 'main' ? 'VideoEncoder_1' : 'VideoEncoder_2';
}

export function gopFrames(camera: OnvifCamera, stream: StreamName): number {
  return camera.encoders[stream].framesPerSecond * camera.state.model.encoder.gopSeconds;
}

/** The stream a profile token stands for. Throws ter:NoProfile. */
export function streamOfProfile(camera: OnvifCamera, token: string): StreamName {
  const { profileTokens } = camera.state.model.onvif;
  const stream = streamNamesOf(camera).find((name) => profileTokens[name] === token);
  if (stream === undefined) {
    throw new SoapFault('Sender', ['InvalidArgVal', 'NoProfile'], 'The profile does not exist');
  }
  return stream;
}

/** The stream an encoder configuration belongs to. Throws ter:NoConfig. */
export function streamOfConfiguration(token: string): StreamName {
  const stream = (['main', 'sub'] as const).find((name) => configurationToken(name) === token);
  if (stream === undefined) {
    throw new SoapFault(
      'Sender',
      ['InvalidArgVal', 'NoConfig'],
      'The configuration does not exist',
    );
  }
  return stream;
}

/** The picture size and codec an encoder is set to. */
export function pictureOf(camera: OnvifCamera, stream: StreamName): Clip {
  return camera.encoders[stream].wantedClip;
}

export function streamUri(camera: OnvifCamera, stream: StreamName): string {
  const { plan, model } = camera.state;
  return `rtsp://${plan.address}:${plan.rtspPort}${model.rtsp.paths[stream]}`;
}
