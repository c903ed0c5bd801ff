import type { VideoFormat } from './video-format.ts';

/** The access unit in progress: bytes in a block of memory that its listener owns. */
export interface AccessUnit {
  readonly block: Buffer;
  /** Where it begins in the block. */
  readonly unitStart: number;
  /** Where it ends so far; set back to `unitStart` to throw it away. */
  position: number;
  readonly timestamp: number;
  readonly arrivalUs: number;
  readonly key: boolean;
  /** Grows when the sender's SSRC changes: timestamps before and after are not comparable. */
  readonly sourceChanges: number;
  /** Continues in another block at `start`; the bytes of the unit go along. */
  moveTo(block: Buffer, start: number): void;
}

/**
 * Owner of the memory that access units are written to, and told of their borders. Calls come
 * synchronously from {@link AccessUnits.push}.
 */
export interface AccessUnitListener {
  /**
   * The first slice of an access unit is here: its `timestamp`, `key` and the format are known. The
   * listener may move the few bytes before it by {@link AccessUnit.moveTo}.
   */
  accessUnitStarts(unit: AccessUnit): void;
  /** A whole, undamaged access unit stands in `block[unitStart, position)`. */
  accessUnitEnds(unit: AccessUnit): void;
  /** An access unit was damaged by loss, or too large: its bytes are void. */
  accessUnitLost(unit: AccessUnit): void;
  /**
   * `needed` more bytes do not fit the block. The listener moves the unit to a block with room and
   * returns true, or returns false to give the unit up.
   */
  blockFull(unit: AccessUnit, needed: number): boolean;
}

/** Makes access units of one video track's RTP packets. */
export interface AccessUnits extends AccessUnit {
  readonly lostPackets: number;
  readonly latePackets: number;
  readonly malformedPackets: number;
  readonly lostUnits: number;
  /** What a decoder must know; the version grows when it changes. */
  readonly parameterSets: {
    readonly version: number;
    format(): VideoFormat | undefined;
  };
  /** One RTP packet, header included (RFC 3550 §5.1). */
  push(buffer: Buffer, offset: number, length: number, arrivalUs: number): void;
  /** Ends the access unit in progress, as when the stream stops. */
  flush(): void;
}
