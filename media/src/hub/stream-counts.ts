import type { RtspSession } from '../rtsp/rtsp-session.ts';
import type { StreamCounters, StreamSession } from './stream-hub-types.ts';

/** What one stream counts over all its sessions; `watched` is the track whose jitter is told. */
export class StreamCounts {
  #packets = 0;
  #bytes = 0;
  #lostBefore = 0;
  #jitterMs = 0;
  lastPacketUs: number | undefined;
  clockOffsetMs: number | undefined;

  add(lengthBytes: number): void {
    this.#packets++;
    this.#bytes += lengthBytes;
  }

  /** Takes over the counters of a session that ends. */
  collect(session: RtspSession, playing: StreamSession | undefined, watched: number): void {
    this.#lostBefore = this.#lost(session, playing);
    this.#jitterMs = this.#jitter(session, playing, watched);
  }

  /** As they stand, those of a session that plays included. */
  read(
    sessions: number,
    session: RtspSession | undefined,
    playing: StreamSession | undefined,
    watched: number,
  ): StreamCounters {
    return {
      packets: this.#packets,
      lost: this.#lost(session, playing),
      bytes: this.#bytes,
      jitterMs: this.#jitter(session, playing, watched),
      sessions,
      lastPacketUs: this.lastPacketUs,
      clockOffsetMs: this.clockOffsetMs,
    };
  }

  #lost(session: RtspSession | undefined, playing: StreamSession | undefined): number {
    let lost = this.#lostBefore;
    for (const { index } of playing?.tracks ?? []) lost += session?.reception(index)?.lost ?? 0;
    return lost;
  }

  #jitter(
    session: RtspSession | undefined,
    playing: StreamSession | undefined,
    watched: number,
  ): number {
    if (playing === undefined) return this.#jitterMs;
    return session?.reception(watched)?.jitterMs ?? this.#jitterMs;
  }
}
