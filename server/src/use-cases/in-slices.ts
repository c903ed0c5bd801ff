import { setImmediate } from 'node:timers/promises';

const lookAtTimeEvery = 128;
const usualSliceMs = 8;

/**
 * Does the work for each item, a slice with every step of the generator. A few items are one slice.
 * Items that come or go meanwhile are as the iterable has them.
 */
export function* workInSlices<T>(
  items: Iterable<T>,
  work: (item: T) => void,
  sliceMs = usualSliceMs,
): Generator<void, void, void> {
  let done = 0;
  let fromMs = performance.now();
  for (const item of items) {
    work(item);
    done += 1;
    if (done % lookAtTimeEvery !== 0 || performance.now() - fromMs < sliceMs) continue;
    yield;
    fromMs = performance.now();
  }
}

/** Does the work for each item and gives way to everything else between slices. */
export async function eachInSlices<T>(
  items: Iterable<T>,
  work: (item: T) => void,
  sliceMs = usualSliceMs,
): Promise<void> {
  const slices = workInSlices(items, work, sliceMs);
  while (slices.next().done !== true) await setImmediate();
}
