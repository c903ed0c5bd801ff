import { createManualClock } from '@nigehban/config/clock/clock.ts';
import { expect, test } from 'vitest';
import { createKeyFrameRequests } from './key-frame-requests.ts';

test('one request a second and camera; what comes in between waits and is shared', async () => {
  const clock = createManualClock();
  const requests = createKeyFrameRequests(clock);
  const startMs = clock.nowMs();
  const asked: string[] = [];
  const ask = (camera: number, token: string): Promise<void> =>
    requests.request(camera, token, async () => {
      asked.push(`${clock.nowMs() - startMs} ${camera} ${token}`);
    });
  const done = [ask(1, 'main'), ask(2, 'main'), ask(1, 'main'), ask(1, 'sub'), ask(1, 'main')];
  expect(asked).toEqual(['0 1 main', '0 2 main']);
  clock.advance(400);
  done.push(ask(1, 'sub'));
  for (let step = 0; step < 30; step += 1) {
    clock.advance(100);
    await new Promise(setImmediate);
  }
  await Promise.all(done);
  expect(asked).toEqual(['0 1 main', '0 2 main', '1000 1 main', '2000 1 sub']);
  clock.advance(1_000);
  await ask(1, 'main');
  expect(asked.at(-1)).toMatch(/ 1 main$/);
});

test('stop refuses what waits', async () => {
  const clock = createManualClock();
  const requests = createKeyFrameRequests(clock);
  await requests.request(1, 'a', async () => {});
  const waiting = expect(requests.request(1, 'a', async () => {})).rejects.toMatchObject({
    code: 'GATEWAY_UNAVAILABLE',
  });
  requests.stop();
  await waiting;
  await expect(requests.request(2, 'a', async () => {})).rejects.toMatchObject({
    code: 'GATEWAY_UNAVAILABLE',
  });
});
