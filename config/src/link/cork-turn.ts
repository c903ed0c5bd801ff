import type { Duplex } from 'node:stream';

/**
 * Messages of one turn of the event loop go out in one write: a write is a system call, and in a storm
 * hundreds of short requests and answers come together. Call it before each write.
 */
export function createTurnCork(socket: Pick<Duplex, 'cork' | 'uncork'>): () => void {
  let isHeld = false;
  return () => {
    if (isHeld) return;
    isHeld = true;
    socket.cork();
    process.nextTick(() => {
      isHeld = false;
      socket.uncork();
    });
  };
}
