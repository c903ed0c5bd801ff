import type { SenderReport, TrackDescription } from '../hub/stream-hub-types.ts';
import type { RtcpHandler } from '../rtp/rtcp-packet.ts';
import { RtpReception } from '../rtp/rtp-reception.ts';
import type { SdpTrack } from './sdp.ts';
import type { TrackPath } from './track-path.ts';

/** A track that was set up. */
export interface SessionTrack {
  readonly description: TrackDescription;
  readonly reception: RtpReception;
  readonly path: TrackPath;
  /** Takes what the track's RTCP says. */
  readonly rtcp: RtcpHandler;
}

export interface SessionTrackHandler {
  onSenderReport(report: SenderReport): void;
  /** The source that is being received said goodbye. */
  onBye(): void;
}

/** A track with its counters, and its RTCP related to the source that is being received. */
export function createSessionTrack(
  index: number,
  track: SdpTrack,
  path: TrackPath,
  handler: SessionTrackHandler,
): SessionTrack {
  const { control: _, ...described } = track;
  const reception = new RtpReception(track.clockRateHz);
  return {
    description: { index, ...described },
    reception,
    path,
    rtcp: {
      onSenderReport: (report) => {
        if (report.ssrc === reception.ssrc) reception.noteSenderReport(report);
        handler.onSenderReport(report);
      },
      onBye: (ssrc) => {
        if (ssrc === reception.ssrc) handler.onBye();
      },
    },
  };
}
