import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockPool, takesPerLook } from './block-pool.ts';

test('the smallest class that holds what is needed; none for more than the largest', () => {
  const pool = new BlockPool([64, 16]);
  expect(pool.take(1)).toHaveLength(16);
  expect(pool.take(17)).toHaveLength(64);
  expect(pool.take(65)).toBeUndefined();
  expect(pool.largestBytes).toBe(64);
  expect(pool.blocksInUse).toBe(2);
});

test('whoever takes and releases, in any order: no two hold the same memory, nothing is lost', () => {
  const step = fc.oneof(
    fc.record({ take: fc.constantFrom(1 << 20, 5 << 20, 12 << 20) }),
    fc.record({ release: fc.nat(1000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
      const pool = new BlockPool([1 << 20, 5 << 20, 12 << 20]);
      const held: { readonly block: Buffer; readonly mark: number }[] = [];
      for (const [mark, one] of steps.entries()) {
        if ('take' in one) {
          const block = pool.take(one.take);
          if (block === undefined) throw new Error('no block');
          expect(block).toHaveLength(one.take);
          block.writeUInt32LE(mark, 0);
          block.writeUInt32LE(mark, block.length - 4);
          held.push({ block, mark });
        } else if (held.length > 0) {
          const [released] = held.splice(one.release % held.length, 1);
          if (released !== undefined) pool.release(released.block);
        }
      }
      expect(pool.blocksInUse).toBe(held.length);
      for (const { block, mark } of held) {
        expect([block.readUInt32LE(0), block.readUInt32LE(block.length - 4)]).toEqual([mark, mark]);
        pool.release(block);
      }
      expect(pool.blocksInUse).toBe(0);
    }),
    { numRuns: 50 },
  );
});

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

const many = (pool: BlockPool, count: number, bytes: number): Buffer[] =>
  Array.from({ length: count }, () => {
    const block = pool.take(bytes);
    if (block === undefined) throw new Error('no block');
    return block.fill(1, 0, 1).fill(1, bytes - 1);
  });

/** Blocks that come and go, few at a time. */
function goOn(pool: BlockPool, takes: number, bytes: number, atOnce = 8): void {
  for (let done = 0; done < takes; done += atOnce) {
    for (const block of many(pool, atOnce, bytes)) pool.release(block);
  }
}

test('what a flood of waiting blocks took goes back to the system after a while', () => {
  const pool = new BlockPool();
  const residentMb = () => process.memoryUsage.rss() / 1e6;
  collectGarbage();
  const beforeMb = residentMb();
  const flood = many(pool, 1000, 256 << 10);
  for (const block of flood) block.fill(1);
  const floodedMb = residentMb();
  expect(floodedMb - beforeMb).toBeGreaterThan(200);
  for (const block of flood) pool.release(block);
  // For a whole while and the begun one nobody asked for so much.
  goOn(pool, 2 * takesPerLook, 64 << 10);
  expect(pool.allocatedBytes).toBeLessThan((2 * 33) << 20);
  // At once; when the garbage collector is at work, after that.
  collectGarbage();
  expect(residentMb() - beforeMb).toBeLessThan((floodedMb - beforeMb) / 2);
});

test('a slab goes when its last block comes home, and stays when it is asked for before', () => {
  const pool = new BlockPool([1 << 20]);
  const first = many(pool, 33, 1 << 20);
  const second = many(pool, 33, 1 << 20);
  const third = many(pool, 33, 1 << 20);
  const [kept] = third;
  if (kept === undefined) throw new Error('none');
  for (const block of [...second, ...third]) if (block !== kept) pool.release(block);
  goOn(pool, 2 * takesPerLook, 1 << 20);
  // Of 65 free ones a slab of 33 goes, and of the others a quarter of a slab stays for what comes.
  expect(pool.allocatedBytes).toBe(66 << 20);
  for (const block of first) pool.release(block);
  goOn(pool, 2 * takesPerLook, 1 << 20);
  // One of its blocks is still out.
  expect(pool.allocatedBytes).toBe(66 << 20);
  expect(kept[0]).toBe(1);
  const more = many(pool, 40, 1 << 20);
  expect(new Set([...more, kept]).size).toBe(41);
  expect(pool.allocatedBytes).toBe(66 << 20);
  for (const block of [...more, kept]) pool.release(block);
  goOn(pool, 2 * takesPerLook, 1 << 20);
  expect(pool.allocatedBytes).toBe(33 << 20);
  expect(pool.blocksInUse).toBe(0);
});
