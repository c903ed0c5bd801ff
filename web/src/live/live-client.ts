import type { ServerMessage, WsMethod, WsMethods } from '@nigehban/domain/api/ws-messages.ts';
import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import type { LiveConsumer, LiveJoined } from '@nigehban/domain/link-messages.ts';
import type { types } from 'mediasoup-client';
import { Device } from 'mediasoup-client';
import { ConsoleFault } from '../api/console-fault.ts';
import { LiveHearing } from './live-hearing.ts';
import { LivePicture } from './live-picture.ts';
import type { LiveTrack, LiveTrackPorts } from './live-track.ts';

/** One request to the server; rejects with a coded fault. */
export type LiveRequest = <Method extends WsMethod>(
  method: Method,
  params: WsMethods[Method][0],
) => Promise<WsMethods[Method][1]>;

interface Receiver {
  readonly transport: types.Transport;
  readonly device: Device;
  /** Pictures and sounds by their consumer. */
  readonly tracks: Map<string, LiveTrack>;
}

/**
 * The browser's receive side of live views: one connection per live worker, shared by all pictures
 * that it carries. Holds no retries: a picture that ends says so, and its owner watches again.
 */
export class LiveClient {
  readonly #request: LiveRequest;
  readonly #devices = new Map<string, Promise<Device>>();
  readonly #receivers = new Map<string, Receiver>();
  #closed = false;

  constructor(request: LiveRequest) {
    this.#request = request;
  }

  /**
   * Receives a camera's picture, of the asked quality or the one the camera can serve. Rejects with
   * a coded fault, and with LIVE_UNAVAILABLE when the connection broke meanwhile.
   */
  async watch(cameraId: CameraId, quality: StreamQuality): Promise<LivePicture> {
    const joined = await this.#request('live.join', { cameraId, quality });
    const device = await this.#device(joined.routerRtpCapabilities);
    const receiver = this.#receiver(joined, device);
    const request = {
      transportId: joined.transportId,
      cameraId,
      quality: joined.quality,
      rtpCapabilities: device.recvRtpCapabilities,
    };
    const served = { quality: joined.quality, sound: joined.sound ?? 'none' };
    const offered = await this.#request('live.consume', request);
    return await this.#receive(receiver, offered, (consumer, ports) => {
      const listen = async () =>
        await this.#receive(
          receiver,
          await this.#request('live.listen', request),
          (sound, soundPorts) => new LiveHearing(sound, soundPorts),
        );
      return new LivePicture(served, consumer, { ...ports, listen });
    });
  }

  /** What was offered, flowing. */
  async #receive<Track extends LiveTrack>(
    receiver: Receiver,
    offered: LiveConsumer,
    build: (consumer: types.Consumer, ports: LiveTrackPorts) => Track,
  ): Promise<Track> {
    const { consumerId } = offered;
    const named = { transportId: receiver.transport.id, consumerId };
    const leave = (): void => {
      this.#request('live.leave', named).catch(() => {
        // Whoever does not know the view any more has released it.
      });
    };
    let consumer: types.Consumer;
    try {
      this.#refuseUnlessOpen(receiver);
      consumer = await receiver.transport.consume({
        id: consumerId,
        producerId: offered.producerId,
        kind: offered.kind,
        rtpParameters: offered.rtpParameters as types.RtpParameters,
        // Each plays for itself: browsers hold back what is of one stream to synchronise it.
        streamId: consumerId,
      });
    } catch (thrown) {
      leave();
      throw asFault(thrown);
    }
    hurry(consumer.rtpReceiver);
    const track = build(consumer, {
      resume: () => this.#request('live.resume', named),
      pause: () => this.#request('live.pause', named),
      leave,
      onClosed: () => receiver.tracks.delete(consumerId),
    });
    receiver.tracks.set(consumerId, track);
    try {
      await track.resume();
      this.#refuseUnlessOpen(receiver);
    } catch (thrown) {
      track.close();
      throw asFault(thrown);
    }
    return track;
  }

  /** Follows what the server says of live views: `live-closed`, and `welcome` of a new connection. */
  receive(message: ServerMessage): void {
    if (message.type === 'live-closed') {
      const { transportId, consumerId, reason } = message;
      if (consumerId === undefined) this.#drop(transportId);
      else this.#receivers.get(transportId)?.tracks.get(consumerId)?.end({ reason });
    }
    // A new connection is a new viewer: what the old one had is not its own any more.
    if (message.type === 'welcome') this.#dropAll();
  }

  /** Ends all pictures and connections. */
  close(): void {
    this.#closed = true;
    this.#dropAll();
  }

  #device(routerRtpCapabilities: unknown): Promise<Device> {
    const key = JSON.stringify(routerRtpCapabilities);
    const known = this.#devices.get(key);
    if (known !== undefined) return known;
    const loading = loadDevice(routerRtpCapabilities as types.RtpCapabilities);
    this.#devices.set(key, loading);
    loading.catch(() => this.#devices.delete(key));
    return loading;
  }

  #receiver(joined: LiveJoined, device: Device): Receiver {
    const { transportId } = joined;
    const known = this.#receivers.get(transportId);
    if (known !== undefined) return known;
    if (joined.transport === null || this.#closed) {
      throw new ConsoleFault('LIVE_UNAVAILABLE', 'the connection to the live worker is gone');
    }
    const transport = device.createRecvTransport({
      id: transportId,
      iceParameters: joined.transport.iceParameters as types.IceParameters,
      iceCandidates: joined.transport.iceCandidates as types.IceCandidate[],
      dtlsParameters: joined.transport.dtlsParameters as types.DtlsParameters,
      // Media nodes are reached directly: no STUN or TURN server, nothing leaves the network.
      iceServers: [],
    });
    const receiver: Receiver = { transport, device, tracks: new Map() };
    this.#receivers.set(transportId, receiver);
    transport.on('connect', ({ dtlsParameters }, connected, failed) => {
      this.#request('live.connect', { transportId, dtlsParameters }).then(connected, failed);
    });
    transport.on('connectionstatechange', (state) => {
      if (state === 'failed' || state === 'closed') this.#drop(transportId);
    });
    return receiver;
  }

  #refuseUnlessOpen(receiver: Receiver): void {
    if (this.#receivers.get(receiver.transport.id) === receiver) return;
    throw new ConsoleFault('LIVE_UNAVAILABLE', 'the connection to the live worker ended');
  }

  #drop(transportId: string): void {
    const receiver = this.#receivers.get(transportId);
    if (receiver === undefined) return;
    this.#receivers.delete(transportId);
    receiver.transport.close();
    for (const track of [...receiver.tracks.values()]) track.end('connection');
  }

  #dropAll(): void {
    for (const transportId of [...this.#receivers.keys()]) this.#drop(transportId);
  }
}

async function loadDevice(routerRtpCapabilities: types.RtpCapabilities): Promise<Device> {
  try {
    const device = await Device.factory();
    await device.load({ routerRtpCapabilities });
    return device;
  } catch (thrown) {
    throw new ConsoleFault('LIVE_CODEC_UNSUPPORTED', `no live view in this browser: ${thrown}`);
  }
}

/** Shows frames as they come: no buffering for smoothness, a guard wants to see what is now. */
function hurry(receiver: RTCRtpReceiver | undefined): void {
  if (receiver === undefined) return;
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
  if ('playoutDelayHint' in receiver) receiver.playoutDelayHint = 0;
}

function asFault(thrown: unknown): unknown {
  return thrown instanceof ConsoleFault
    ? thrown
    : new ConsoleFault('LIVE_UNAVAILABLE', `the live view could not be opened: ${thrown}`);
}
