import { expect, test } from 'vitest';
import { startBenchChild } from './bench-child.ts';

test('a child that dies is told with its last words, whenever it is asked', async () => {
  const options = { execArgv: ['--input-type=module', '--eval', 'throw new Error("out of luck")'] };
  const child = startBenchChild<object, { kind: 'done' }>('none.ts', [], options);
  await expect(child.next('done', 20_000)).rejects.toThrow(/code 1[\s\S]*out of luck/);
  await expect(child.next('done', 20_000)).rejects.toThrow('out of luck');
  child.send({ kind: 'more' });
  await child.stop();
});
