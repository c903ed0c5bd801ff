/**
 * Takes the NAL units that a depacketizer finds in RTP payloads, whole or in fragments. Bytes are
 * valid during the call only and are copied by the sink; nothing is allocated per packet.
 */
export interface NalSink {
  /** A whole NAL unit, header included. */
  nal(buffer: Buffer, offset: number, length: number): void;
  /**
   * First fragment. `header` is the NAL unit's own header of `headerBytes` (1: H.264, 2: H.265) as a
   * big-endian number, rebuilt from the fragmentation header; the bytes follow it.
   */
  fragmentStart(
    header: number,
    headerBytes: number,
    buffer: Buffer,
    offset: number,
    length: number,
  ): void;
  fragmentMore(buffer: Buffer, offset: number, length: number): void;
  /** The fragmented NAL unit is complete. */
  fragmentEnd(): void;
  /** A fragmented NAL unit that lost a fragment: what was written of it is void. */
  fragmentLost(): void;
}

/** Turns RTP payloads of one stream into NAL units. */
export interface NalDepacketizer {
  /**
   * One payload in sequence order; `lossBefore` when packets are missing before it. Returns false
   * when the payload breaks its format: the part that broke it is not passed on.
   */
  payload(buffer: Buffer, offset: number, length: number, lossBefore: boolean): boolean;
  /** Forgets a NAL unit in progress. */
  reset(): void;
}
