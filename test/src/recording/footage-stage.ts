import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@nigehban/media/clock.ts';
import { renderStill } from '@nigehban/recorder/ffmpeg/render-still.ts';
import {
  createFootageHandler,
  type FootageHandlerOptions,
} from '@nigehban/recorder/footage-http.ts';
import { startIndexClient } from '@nigehban/recorder/index-client/index-client.ts';
import { StillMaker } from '@nigehban/recorder/still-maker.ts';
import { type FakeMediaNode, startFakeMediaNode } from '@nigehban/server/testing/fake-nodes.ts';
import {
  startTestServer,
  startTestServices,
  type TestServer,
  type TestServices,
  testClusterKey,
} from '@nigehban/server/testing/test-services.ts';
import { until } from '../fleet/test-tools.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A server whose footage is a folder: the node's footage port, its link and the index are real. */
export interface FootageStage {
  readonly services: TestServices;
  readonly server: TestServer;
  readonly node: FakeMediaNode;
  readonly footageUrl: string;
  /** Cookie of the supervisor. */
  readonly cookie: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

/** Serves what is recorded below `root` and puts all of it into the index. */
export async function startFootageStage(
  root: string,
  options: Partial<FootageHandlerOptions> = {},
): Promise<FootageStage> {
  const services = await startTestServices({ redis: true });
  const server = await startTestServer(services);
  const recorder = { openSegment: () => undefined };
  const handler = createFootageHandler({
    root,
    clusterKey: testClusterKey,
    recorder,
    stills: new StillMaker({ root, recorder, render: renderStill, atATime: 1, maxWaiting: 4 }),
    ...options,
  });
  const footage = await listen(createServer(handler));
  const footageUrl = `http://127.0.0.1:${(footage.address() as AddressInfo).port}`;
  const node = startFakeMediaNode(server.url, { nodeId: 'node-1', footageUrl });
  await indexFootage(server.databaseUrl, root);
  await until('the node is known', 10_000, async () => {
    const rows = await server.sql`select 1 from node where id = 'node-1'`;
    return rows.length > 0;
  });
  const cookie = await server.signIn('supervisor');
  return {
    services,
    server,
    node,
    footageUrl,
    cookie,
    get: (path, headers = {}) => fetch(`${server.url}${path}`, { headers: { cookie, ...headers } }),
    async stop() {
      await node.link.stop();
      await server.stop();
      await services.stop();
      footage.closeAllConnections();
      await new Promise((resolve) => footage.close(resolve));
    },
  };
}

/** Puts all that is recorded below a root into a migrated database, as node-1's. */
export async function indexFootage(databaseUrl: string, footageFolder: string): Promise<void> {
  const index = startIndexClient(
    { databaseUrl, nodeId: 'node-1', footageFolder },
    { clock: systemClock, log },
  );
  await index.flush();
  await index.stop();
}

async function listen(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
