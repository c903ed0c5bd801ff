import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { type LinkServer, linkPath } from '../link/link-server.ts';
import type { Sql } from '../store/database.ts';
import { readSession } from '../use-cases/sign-in.ts';
import { type BrowserHub, browserPath } from '../ws/browser-hub.ts';
import { originAllowed, sessionCookie } from './access.ts';
import type { App } from './app-type.ts';
import { callerAddress } from './caller-address.ts';

/** WebSockets: nodes by the cluster key, which the link checks; browsers by origin and session. */
export function serveUpgrades(
  app: App,
  options: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly log: Logger;
    readonly allowedOrigins: readonly string[];
    readonly trustProxy: boolean | string;
    readonly link: Pick<LinkServer, 'handleUpgrade'>;
    readonly hub: Pick<BrowserHub, 'handleUpgrade'>;
  },
): void {
  const { sql, clock, log, link, hub } = options;
  const upgradeBrowser = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!originAllowed(request.headers, options.allowedOrigins)) {
      return refuse(socket, 403, 'Forbidden');
    }
    const token = app.parseCookie(request.headers.cookie ?? '')[sessionCookie];
    const session = await readSession(sql, token, clock.nowMs());
    if (session === null || token === undefined) return refuse(socket, 401, 'Unauthorized');
    if (session.mustChangePassword) return refuse(socket, 403, 'Forbidden');
    const forwarded = request.headers['x-forwarded-for'];
    const address = callerAddress(
      {
        remoteAddress: request.socket.remoteAddress,
        forwardedFor: Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
      },
      options.trustProxy,
    );
    hub.handleUpgrade(request, socket, head, session, token, address);
  };
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const path = request.url?.split('?', 1)[0];
    if (path === linkPath) link.handleUpgrade(request, socket, head);
    else if (path === browserPath) {
      upgradeBrowser(request, socket, head).catch((error) => {
        log.warn({ err: error }, 'a browser could not connect');
        refuse(socket, 503, 'Service Unavailable');
      });
    } else refuse(socket, 404, 'Not Found');
  });
}

function refuse(socket: Duplex, status: number, text: string): void {
  socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
