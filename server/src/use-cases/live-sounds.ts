import type { CameraId, StreamQuality } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { LiveConsumer } from '@nigehban/domain/link-messages.ts';
import type { Role } from '@nigehban/domain/permissions.ts';

/** Who sits at a browser connection. */
export interface Listener {
  readonly username: string;
  readonly role: Role;
  /** Where the browser is, as the audit trail names it. */
  readonly address: string | null;
}

/** Why somebody hears a camera no more. */
export type ListeningEnd =
  | 'stopped'
  /** The browser is gone, or its connection to the media node. */
  | 'connection-ended'
  /** The camera does not send it any more. */
  | 'sound-changed'
  | 'view-unapproved'
  | 'right-withdrawn';

/** Who may listen, and the trail of who did. */
export interface ListeningGate {
  /** @throws Fault PERMISSION_DENIED when people of this role may not listen */
  require(role: Role): Promise<void>;
  /** Noted before anything is heard; rejects when it could not be. */
  began(listener: Listener, cameraId: CameraId): Promise<void>;
  /** Noted as soon as it can be. */
  ended(listener: Listener, cameraId: CameraId, heardForMs: number, reason: ListeningEnd): void;
}

/** Something that is heard. */
interface HeardSound {
  readonly consumerId: string;
  readonly transportId: string;
  readonly cameraId: CameraId;
  readonly beganAtMs: number;
}

export interface ListenRequest {
  readonly transportId: string;
  readonly cameraId: CameraId;
  readonly quality: StreamQuality;
  readonly rtpCapabilities: unknown;
}

/** What one browser connection hears: each sound stands in the audit trail from its begin to its end. */
export class LiveSounds {
  readonly #gate: ListeningGate;
  readonly #listener: Listener;
  readonly #monotonicMs: () => number;
  readonly #heard = new Map<string, HeardSound>();

  constructor(gate: ListeningGate, listener: Listener, monotonicMs: () => number) {
    this.#gate = gate;
    this.#listener = listener;
    this.#monotonicMs = monotonicMs;
  }

  /**
   * Listens, when the person may and the trail has it. `isOpen` says whether the transport still is the
   * viewer's; `leave` takes the paused consumer back from the node.
   * @throws Fault PERMISSION_DENIED, LIVE_SESSION_UNKNOWN and what the node says
   */
  async begin(
    request: ListenRequest,
    ports: {
      readonly consume: (request: ListenRequest) => Promise<LiveConsumer>;
      readonly leave: (consumerId: string) => void;
      readonly isOpen: () => boolean;
    },
  ): Promise<LiveConsumer> {
    await this.#gate.require(this.#listener.role);
    const consumer = await ports.consume(request);
    const { consumerId } = consumer;
    const { cameraId, transportId } = request;
    const beganAtMs = this.#monotonicMs();
    try {
      await this.#gate.began(this.#listener, cameraId);
    } catch (error) {
      ports.leave(consumerId);
      throw error;
    }
    const sound = { consumerId, transportId, cameraId, beganAtMs };
    this.#heard.set(consumerId, sound);
    if (!ports.isOpen()) {
      ports.leave(consumerId);
      this.#end(sound, 'connection-ended');
      throw new Fault('LIVE_SESSION_UNKNOWN', 'The live view ended');
    }
    return consumer;
  }

  /** All that is heard now. */
  heard(): readonly { readonly consumerId: string; readonly transportId: string }[] {
    return [...this.#heard.values()];
  }

  /** False when it is no sound of this viewer. */
  end(consumerId: string, reason: ListeningEnd): boolean {
    const sound = this.#heard.get(consumerId);
    if (sound === undefined) return false;
    this.#end(sound, reason);
    return true;
  }

  /** What these transports carried is over. */
  endOn(transportIds: readonly string[], reason: ListeningEnd): void {
    for (const sound of [...this.#heard.values()]) {
      if (transportIds.includes(sound.transportId)) this.#end(sound, reason);
    }
  }

  endAll(reason: ListeningEnd): void {
    for (const sound of [...this.#heard.values()]) this.#end(sound, reason);
  }

  #end(sound: HeardSound, reason: ListeningEnd): void {
    this.#heard.delete(sound.consumerId);
    const heardForMs = this.#monotonicMs() - sound.beganAtMs;
    this.#gate.ended(this.#listener, sound.cameraId, heardForMs, reason);
  }
}
