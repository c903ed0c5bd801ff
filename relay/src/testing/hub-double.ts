import type {
  StreamEvent,
  StreamHub,
  StreamSink,
  StreamSource,
  StreamState,
  StreamStopCause,
  TrackDescription,
} from '@nigehban/media/hub/stream-hub-types.ts';

/** How a double's stream behaves when it is subscribed to. */
export type StreamScript =
  | {
      readonly kind: 'flows';
      readonly codec?: TrackDescription['codec'];
      readonly sound?: TrackDescription['codec'];
    }
  | { readonly kind: 'fails'; readonly cause: StreamStopCause }
  | { readonly kind: 'hangs' };

/** A stream hub without network: streams do what their script says, packets come from the test. */
export class HubDouble implements StreamHub {
  readonly scripts = new Map<string, StreamScript>();
  readonly sinks = new Map<string, Set<StreamSink>>();
  readonly updates: StreamSource[] = [];
  readonly #states = new Map<string, StreamState>();
  readonly #tracks = new Map<string, readonly TrackDescription[]>();
  readonly #listeners = new Set<(event: StreamEvent) => void>();
  #sequence = 0;

  subscribe(source: StreamSource, sink: StreamSink): { close(): void } {
    const { key } = source;
    const sinks = this.sinks.get(key) ?? new Set();
    this.sinks.set(key, sinks.add(sink));
    const script = this.scripts.get(key) ?? { kind: 'flows' };
    this.#states.set(key, { kind: 'connecting', sinceUs: 0, attempt: 1 });
    queueMicrotask(() => {
      if (!sinks.has(sink)) return;
      if (script.kind === 'flows') {
        this.#states.set(key, { kind: 'flowing', sinceUs: 0 });
        const tracks = tracksOf(script.codec ?? 'H264', script.sound);
        this.#tracks.set(key, tracks);
        sink.onStart({ epoch: 1, tracks, playedAtUs: 0 });
      } else if (script.kind === 'fails') this.fail(key, script.cause);
    });
    return {
      close: () => {
        sinks.delete(sink);
        if (sinks.size > 0) return;
        this.#states.delete(key);
        this.#tracks.delete(key);
      },
    };
  }

  /** The pull of a key breaks or is refused. */
  fail(key: string, cause: StreamStopCause): void {
    const stop = { cause, error: undefined, lastPacketUs: undefined };
    this.#states.set(key, { kind: 'down', sinceUs: 0, stop, attempts: 1 });
    for (const sink of this.sinks.get(key) ?? []) sink.onStop(stop);
    for (const listener of this.#listeners) listener({ kind: 'down', key, atUs: 0, stop });
  }

  /** The recorder pulls it: it flows whoever else subscribes. */
  pull(key: string): void {
    this.#states.set(key, { kind: 'flowing', sinceUs: 0 });
  }

  /** The camera's session ends and another begins, with this sound. */
  resound(key: string, sound: TrackDescription['codec'] | undefined): void {
    const tracks = tracksOf('H264', sound);
    this.#tracks.set(key, tracks);
    for (const sink of [...(this.sinks.get(key) ?? [])]) {
      sink.onStop({ cause: 'lost', error: undefined, lastPacketUs: undefined });
      sink.onStart({ epoch: 2, tracks, playedAtUs: 0 });
    }
  }

  /** One key picture of one packet to all sinks of a key. */
  sendKeyPicture(key: string, timestamp: number): void {
    const header = Buffer.alloc(12);
    header.writeUInt8(0x80, 0);
    header.writeUInt8(0x80 | 96, 1);
    header.writeUInt16BE(this.#sequence++ & 0xffff, 2);
    header.writeUInt32BE(timestamp, 4);
    header.writeUInt32BE(1, 8);
    const packet = Buffer.concat([header, Buffer.from([0x65]), Buffer.alloc(200, 1)]);
    for (const sink of this.sinks.get(key) ?? []) {
      sink.onRtp(0, packet, 0, packet.length, Math.round(timestamp / 0.09));
    }
  }

  sinkCount(key: string): number {
    return this.sinks.get(key)?.size ?? 0;
  }

  update(source: StreamSource): void {
    this.updates.push(source);
  }

  status(key: string): ReturnType<StreamHub['status']> {
    const state = this.#states.get(key);
    if (state === undefined) return undefined;
    const counters = {
      packets: 0,
      lost: 0,
      bytes: 0,
      jitterMs: 0,
      sessions: 1,
      lastPacketUs: undefined,
      clockOffsetMs: undefined,
    };
    const tracks = this.#tracks.get(key) ?? [];
    return { key, state, tracks, counters, sinks: this.sinkCount(key) };
  }

  statuses(): readonly [] {
    return [];
  }

  onEvent(listener: (event: StreamEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {}
}

function tracksOf(
  codec: TrackDescription['codec'],
  sound: TrackDescription['codec'] | undefined,
): readonly TrackDescription[] {
  const video: TrackDescription = {
    index: 0,
    kind: 'video',
    codec,
    payloadType: 96,
    clockRateHz: 90_000,
    channels: 0,
    formatParameters: { 'packetization-mode': '1' },
    parameterSets: [Buffer.from([0x67, 0x42, 0xe0, 0x1f]), Buffer.from([0x68, 0xce])],
  };
  if (sound === undefined) return [video];
  const audio: TrackDescription = {
    index: 1,
    kind: 'audio',
    codec: sound,
    payloadType: 97,
    clockRateHz: sound === 'MPEG4-GENERIC' ? 16_000 : 8000,
    channels: 1,
    formatParameters: {},
    parameterSets: [],
  };
  return [video, audio];
}
