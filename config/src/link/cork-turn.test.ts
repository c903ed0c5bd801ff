import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { createTurnCork } from './cork-turn.ts';

function recordingSocket() {
  const writes: string[][] = [];
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      writes.push([String(chunk)]);
      done();
    },
    writev(chunks, done) {
      writes.push(chunks.map(({ chunk }) => String(chunk)));
      done();
    },
  });
  return { socket, writes };
}

test('what is written in one turn, promises included, goes out at once; the next turn is another', async () => {
  const { socket, writes } = recordingSocket();
  const hold = createTurnCork(socket);
  const send = (text: string) => {
    hold();
    socket.write(text);
  };
  await new Promise<void>((done) => {
    setImmediate(() => {
      void Promise.resolve().then(() => send('b'));
      send('a');
      process.nextTick(done);
    });
  });
  await new Promise((done) => setImmediate(done));
  expect(writes.flat()).toEqual(['a', 'b']);
  expect(writes.length).toBeLessThanOrEqual(2);
  setImmediate(() => {
    send('c');
    send('d');
  });
  await new Promise((done) => setImmediate(done));
  await new Promise((done) => setImmediate(done));
  expect(writes.at(-1)).toEqual(['c', 'd']);
});

test('corks of others inside stay theirs', async () => {
  const { socket, writes } = recordingSocket();
  const hold = createTurnCork(socket);
  for (const text of ['header', 'payload']) {
    hold();
    socket.cork();
    socket.write(text);
    socket.uncork();
  }
  expect(writes).toEqual([]);
  await new Promise((done) => setImmediate(done));
  expect(writes).toEqual([['header', 'payload']]);
});
