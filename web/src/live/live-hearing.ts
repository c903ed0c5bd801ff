import { LiveTrack } from './live-track.ts';

export interface LiveHearingStats {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Energy of what was played since it began (W3C webrtc-stats); 0 is silence. */
  readonly totalAudioEnergy: number;
  /** Samples that the browser made up because none had come. */
  readonly concealedSamples: number;
}

/** One camera's sound being received. */
export class LiveHearing extends LiveTrack {
  /** What the browser counted since the sound began; null when it has not counted yet. */
  async stats(): Promise<LiveHearingStats | null> {
    if (this.isOver) return null;
    const report = await this.consumer.getStats();
    for (const entry of report.values()) {
      if (entry.type !== 'inbound-rtp') continue;
      const inbound = entry as RTCInboundRtpStreamStats;
      return {
        packetsReceived: inbound.packetsReceived ?? 0,
        packetsLost: inbound.packetsLost ?? 0,
        totalAudioEnergy: inbound.totalAudioEnergy ?? 0,
        concealedSamples: inbound.concealedSamples ?? 0,
      };
    }
    return null;
  }
}
