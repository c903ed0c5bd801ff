import { expect, test } from 'vitest';
import { createCameraWork } from './camera-work.ts';

test('equal work is done once, other work beside it', async () => {
  const work = createCameraWork(2, 10);
  let runs = 0;
  const gate = Promise.withResolvers<number>();
  const slow = (): Promise<number> => {
    runs += 1;
    return gate.promise;
  };
  const first = work.run('a', slow);
  const joined = work.run('a', slow);
  expect(await work.run('b', async () => 2)).toBe(2);
  gate.resolve(1);
  expect(await Promise.all([first, joined])).toEqual([1, 1]);
  expect(runs).toBe(1);
  expect(await work.run('a', async () => 3)).toBe(3);
});

test('never more at once than allowed, in order, and too much is refused', async () => {
  const work = createCameraWork(2, 2);
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const started: number[] = [];
  const runs = gates.map((gate, index) =>
    work.run(String(index), () => {
      started.push(index);
      return gate.promise;
    }),
  );
  await expect(work.run('4', async () => {})).rejects.toMatchObject({
    code: 'GATEWAY_UNAVAILABLE',
  });
  expect(started).toEqual([0, 1]);
  gates[1]?.resolve();
  await runs[1];
  expect(started).toEqual([0, 1, 2]);
  gates[0]?.reject(new Error('one fails'));
  await expect(runs[0]).rejects.toThrow('one fails');
  expect(started).toEqual([0, 1, 2, 3]);
  gates[2]?.resolve();
  gates[3]?.resolve();
  await Promise.all([runs[2], runs[3]]);
  expect(work.size).toBe(0);
});

test('stop waits for what runs and refuses what waits', async () => {
  const work = createCameraWork(1, 5);
  const gate = Promise.withResolvers<string>();
  const running = work.run('a', () => gate.promise);
  const waiting = expect(work.run('b', async () => 'b')).rejects.toMatchObject({
    code: 'GATEWAY_UNAVAILABLE',
  });
  let stopped = false;
  const stop = work.stop().then(() => {
    stopped = true;
  });
  await waiting;
  expect(stopped).toBe(false);
  gate.resolve('a');
  await stop;
  expect(await running).toBe('a');
  await expect(work.run('c', async () => 'c')).rejects.toMatchObject({
    code: 'GATEWAY_UNAVAILABLE',
  });
});
