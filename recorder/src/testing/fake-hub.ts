import type {
  StreamHub,
  StreamSession,
  StreamSink,
  StreamSource,
  StreamState,
  StreamStatus,
  StreamStop,
  TrackDescription,
} from '@nigehban/media/hub/stream-hub-types.ts';

interface FakeStream {
  source: StreamSource;
  sinks: Set<StreamSink>;
  state: StreamState;
  epoch: number;
}

/** A hub whose cameras are played by the test. Like the real one, it pairs onStart and onStop. */
export class FakeHub implements StreamHub {
  readonly #streams = new Map<string, FakeStream>();
  readonly #nowUs: () => number;

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  subscribe(source: StreamSource, sink: StreamSink) {
    const stream = this.#streams.get(source.key) ?? {
      source,
      sinks: new Set<StreamSink>(),
      state: { kind: 'idle' as const },
      epoch: 0,
    };
    stream.sinks.add(sink);
    this.#streams.set(source.key, stream);
    return { close: () => void stream.sinks.delete(sink) };
  }

  subscribed(key: string): boolean {
    return (this.#streams.get(key)?.sinks.size ?? 0) > 0;
  }

  play(key: string, tracks: readonly TrackDescription[]): void {
    const stream = this.#of(key);
    stream.epoch += 1;
    stream.state = { kind: 'flowing', sinceUs: this.#nowUs() };
    const session: StreamSession = { epoch: stream.epoch, tracks, playedAtUs: this.#nowUs() };
    for (const sink of stream.sinks) sink.onStart(session);
  }

  rtp(key: string, track: number, packet: Buffer, arrivalUs = this.#nowUs()): void {
    for (const sink of this.#of(key).sinks) sink.onRtp(track, packet, 0, packet.length, arrivalUs);
  }

  down(key: string, cause: StreamStop['cause']): void {
    const stream = this.#of(key);
    const stop: StreamStop = { cause, error: undefined, lastPacketUs: undefined };
    const wasFlowing = stream.state.kind === 'flowing';
    stream.state = { kind: 'down', sinceUs: this.#nowUs(), stop, attempts: 1 };
    if (wasFlowing) for (const sink of stream.sinks) sink.onStop(stop);
  }

  update(source: StreamSource): void {
    this.#of(source.key).source = source;
  }

  sourceOf(key: string): StreamSource {
    return this.#of(key).source;
  }

  status(key: string): StreamStatus | undefined {
    const stream = this.#streams.get(key);
    if (stream === undefined) return undefined;
    return {
      key,
      state: stream.state,
      tracks: [],
      counters: {
        packets: 0,
        lost: 0,
        bytes: 0,
        jitterMs: 0,
        sessions: stream.epoch,
        lastPacketUs: undefined,
        clockOffsetMs: undefined,
      },
      sinks: stream.sinks.size,
    };
  }

  statuses(): readonly StreamStatus[] {
    return [...this.#streams.keys()].flatMap((key) => this.status(key) ?? []);
  }

  onEvent() {
    return () => undefined;
  }

  async stop(): Promise<void> {}

  #of(key: string): FakeStream {
    const stream = this.#streams.get(key);
    if (stream === undefined) throw new Error(`Nobody subscribed to ${key}`);
    return stream;
  }
}
