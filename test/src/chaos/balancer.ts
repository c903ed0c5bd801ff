import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** One address in front of several servers, as a balancer is: who dials gets one that answers. */
export interface Balancer {
  readonly url: string;
  close(): void;
}

/** Hands connections to the ports in turn, past those where nobody listens. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let turn = 0;
  const join = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const dial = (client: Socket, tries: number) => {
    const port = ports[turn++ % ports.length] ?? 0;
    const server = connect(port, '127.0.0.1');
    server.once('error', () => {
      if (tries > 1) dial(client, tries - 1);
      else client.destroy();
    });
    server.once('connect', () => {
      server.removeAllListeners('error');
      join(client, server);
      join(server, client);
    });
  };
  const front = createServer({ pauseOnConnect: true }, (client) => {
    client.on('error', () => client.destroy());
    dial(client, ports.length);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    close() {
      front.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
