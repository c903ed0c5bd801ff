import { createServer, type Server, type Socket } from 'node:net';
import type { CameraState } from '../camera-state.ts';
import { DigestAuthority } from '../digest-authority.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { type CameraEncoders, type RtspCamera, RtspConnection } from './rtsp-connection.ts';

const maxConnections = 32;

/** The RTSP side of one camera: listens on the camera's own address. */
export class RtspServer {
  readonly #camera: RtspCamera;
  readonly #connections = new Map<Socket, RtspConnection>();
  #server: Server | null = null;

  constructor(
    state: CameraState,
    encoders: CameraEncoders,
    wheel: TimerWheel,
    newNonce: () => string,
    sessionTimeoutMs: number | null,
    nonceLifetimeMs: number | null,
  ) {
    const { rtsp, manufacturer } = state.model;
    this.#camera = {
      state,
      encoders,
      wheel,
      authority: new DigestAuthority(
        {
          realm: `${manufacturer} RTSP`,
          algorithms: rtsp.digestAlgorithms,
          nonceLifetimeMs: nonceLifetimeMs ?? rtsp.nonceLifetimeS * 1000,
        },
        newNonce,
      ),
      sessions: new Map(),
      sessionTimeoutMs: sessionTimeoutMs ?? rtsp.sessionTimeoutS * 1000,
    };
  }

  get sessionCount(): number {
    return this.#camera.sessions.size;
  }

  async listen(): Promise<void> {
    const { plan, counters } = this.#camera.state;
    const server = createServer((socket) => {
      if (this.#connections.size >= maxConnections) {
        socket.destroy();
        return;
      }
      counters.rtspConnections += 1;
      this.#connections.set(socket, new RtspConnection(this.#camera, socket));
      socket.on('close', () => this.#connections.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: plan.address, port: plan.rtspPort, backlog: 128 }, () => resolve());
    });
  }

  /** Stops listening and resets every open connection, as a pulled plug looks from outside. */
  async unplug(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#connections.keys()) socket.resetAndDestroy();
    for (const session of [...this.#camera.sessions.values()]) session.end();
    if (server !== null) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  reactToFaults(): void {
    for (const connection of this.#connections.values()) connection.reactToFaults();
  }

  jumpTimestamps(seconds: number): void {
    for (const session of this.#camera.sessions.values()) {
      for (const sender of session.senders.values()) sender.jump(seconds);
    }
  }

  forgetSessions(): void {
    for (const session of [...this.#camera.sessions.values()]) session.end();
  }

  cutPlayingSessions(): void {
    for (const session of this.#camera.sessions.values()) {
      if (session.isPlaying) session.senders.get(0)?.cutInGop();
    }
  }
}
