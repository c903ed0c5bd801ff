import type { BlockPool } from '../mp4/block-pool.ts';
import type {
  FragmentWrite,
  SegmentOutput,
  SegmentStart,
  SegmentSummary,
} from '../mp4/segmenter-types.ts';

export interface CollectedSegment {
  readonly start: SegmentStart;
  readonly writes: Buffer[];
  readonly ends: FragmentWrite[];
  summary: SegmentSummary | undefined;
}

/** A segment output that keeps every segment's bytes in memory. */
export class SegmentCollector implements SegmentOutput {
  readonly segments: CollectedSegment[] = [];
  accepting = true;
  readonly #pool: BlockPool;

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  accepts(): boolean {
    return this.accepting;
  }

  segmentStarts(start: SegmentStart): void {
    this.segments.push({ start, writes: [], ends: [], summary: undefined });
  }

  fragment(block: Buffer, write: FragmentWrite): void {
    const segment = this.segments.at(-1);
    segment?.writes.push(Buffer.from(block.subarray(write.offset, write.offset + write.length)));
    segment?.ends.push(write);
    // Whoever still reads a block that it gave away finds rubbish.
    block.fill(0xee);
    this.#pool.release(block);
  }

  segmentEnds(summary: SegmentSummary): void {
    const segment = this.segments.at(-1);
    if (segment !== undefined) segment.summary = summary;
  }

  file(index: number): Buffer {
    return Buffer.concat(this.segments[index]?.writes ?? []);
  }
}
