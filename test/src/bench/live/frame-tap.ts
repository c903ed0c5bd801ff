import { RtpSender } from '../../fleet/rtsp/rtp-sender.ts';

/**
 * Calls `onSent` with a frame's number in its loop (the one that is burnt into it) when a simulated
 * camera of this process has sent it, until the result is called.
 */
export function tapSentFrames(onSent: (frameIndex: number) => void): () => void {
  const { onFrame } = RtpSender.prototype;
  RtpSender.prototype.onFrame = function tapped(this: RtpSender, frame, mediaTicks) {
    onSent(this.encoder.clip.frames.indexOf(frame));
    onFrame.call(this, frame, mediaTicks);
  };
  return () => {
    RtpSender.prototype.onFrame = onFrame;
  };
}
