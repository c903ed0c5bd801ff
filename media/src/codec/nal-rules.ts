/** What a NAL unit's type means for recording. */
export type NalRole =
  | 'slice'
  | 'key-slice'
  | 'parameter-set'
  | 'enhancement'
  /** Delimiters, ends of sequence, filler: of no use inside a file with sized samples. */
  | 'dropped';

/** How a codec's NAL units are told apart. */
export interface NalRules {
  readonly headerBytes: 1 | 2;
  typeOf(firstByte: number): number;
  roleOf(type: number): NalRole;
  /** Is the byte after the header that of a picture's first slice? */
  isFirstSlice(byteAfterHeader: number): boolean;
}

/** ISO/IEC 14496-10 table 7-1; a key picture is an IDR picture. */
export const h264Rules: NalRules = {
  headerBytes: 1,
  typeOf: (firstByte) => firstByte & 0x1f,
  roleOf(type) {
    if (type === 5) return 'key-slice';
    if (type >= 1 && type <= 4) return 'slice';
    if (type === 7 || type === 8) return 'parameter-set';
    return type === 6 ? 'enhancement' : 'dropped';
  },
  // first_mb_in_slice is ue(v): zero is the single bit 1.
  isFirstSlice: (byte) => (byte & 0x80) !== 0,
};

/** ISO/IEC 23008-2 table 7-1; a key picture is an IRAP picture (types 16 to 23). */
export const h265Rules: NalRules = {
  headerBytes: 2,
  typeOf: (firstByte) => (firstByte >> 1) & 0x3f,
  roleOf(type) {
    if (type >= 16 && type <= 23) return 'key-slice';
    if (type < 16) return 'slice';
    if (type >= 32 && type <= 34) return 'parameter-set';
    return type === 39 || type === 40 ? 'enhancement' : 'dropped';
  },
  isFirstSlice: (byte) => (byte & 0x80) !== 0,
};
