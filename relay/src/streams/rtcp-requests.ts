const payloadSpecificFeedback = 206;
const pictureLossIndication = 1;
const fullIntraRequest = 4;

/** True when a compound RTCP packet asks for a key frame: PLI (RFC 4585 §6.3.1) or FIR (RFC 5104 §4.3.1). */
export function asksForKeyFrame(rtcp: Buffer): boolean {
  for (let at = 0; at + 4 <= rtcp.length; ) {
    const format = rtcp.readUInt8(at) & 0x1f;
    const type = rtcp.readUInt8(at + 1);
    if (
      type === payloadSpecificFeedback &&
      (format === pictureLossIndication || format === fullIntraRequest)
    ) {
      return true;
    }
    at += 4 * (rtcp.readUInt16BE(at + 2) + 1);
  }
  return false;
}
