import { expect, test } from 'vitest';
import { SyncGate } from './sync-gate.ts';

test('never more than allowed at a time, in order, also after one that fails', async () => {
  const gate = new SyncGate(2);
  const log: string[] = [];
  let running = 0;
  let most = 0;
  const tasks = ['a', 'b', 'c', 'd', 'e'].map((name) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const outcome = gate.run(async () => {
      running += 1;
      most = Math.max(most, running);
      log.push(name);
      try {
        return await promise;
      } finally {
        running -= 1;
      }
    });
    return { outcome, resolve, reject };
  });
  expect(log).toEqual(['a', 'b']);
  tasks[1]?.reject(new Error('disk'));
  await expect(tasks[1]?.outcome).rejects.toThrow('disk');
  await Promise.resolve();
  expect(log).toEqual(['a', 'b', 'c']);
  for (const task of tasks) task.resolve('done');
  await Promise.all(tasks.map((task) => task.outcome.catch(() => undefined)));
  expect(log).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(most).toBe(2);
  expect(await gate.run(async () => 'after')).toBe('after');
});
