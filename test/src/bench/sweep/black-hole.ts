import { createServer } from 'node:net';
import type { BlackHoleReport } from './sweep-protocol.ts';

/**
 * A listener that never accepts. Its queue holds two connections: once its parent has filled it, the
 * kernel drops every SYN, as a dead camera behind a living router does.
 */
const server = createServer();
server.listen({ port: 0, host: '0.0.0.0', backlog: 1 }, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') return;
  const report: BlackHoleReport = { kind: 'listening', port: address.port };
  process.send?.(report, () => {
    // From here on nothing is accepted, for as long as the parent lives.
    const parent = process.ppid;
    const idle = new Int32Array(new SharedArrayBuffer(4));
    while (process.ppid === parent) Atomics.wait(idle, 0, 0, 1_000);
    process.exit();
  });
});
