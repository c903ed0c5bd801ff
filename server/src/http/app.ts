import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import fastifyCookie from '@fastify/cookie';
import fastifyRateLimit from '@fastify/rate-limit';
import fastifyStatic from '@fastify/static';
import fastifySwagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { Clock } from '@nigehban/config/clock/clock.ts';
import type { Logger } from '@nigehban/config/log/logger.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import type { Sql } from '../store/database.ts';
import { type DeclaredRoute, guardRoutes } from './access.ts';
import type { App } from './app-type.ts';
import { mapErrors, toBody } from './error-body.ts';

export interface AppOptions {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly webRoot: string | null;
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: boolean | string;
  readonly requestsPerMinute: number;
}

/**
 * Scripts and pictures only from here, pictures and media also from memory (MSE); styles may be
 * inline because the console sets sizes by them. Nobody may frame the console.
 */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
} as const;

/**
 * The HTTP server with everything that holds for all routes: request ids, security headers, rate
 * limit, access, one error shape, OpenAPI, the console. Returns it with the routes declared, which
 * grow as routes are added.
 */
export async function createApp(
  options: AppOptions,
): Promise<{ app: App; declared: readonly DeclaredRoute[] }> {
  const app: App = fastify({
    loggerInstance: options.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    genReqId: () => randomUUID(),
    trustProxy: options.trustProxy,
    bodyLimit: 1_048_576,
    routerOptions: { maxParamLength: 128 },
    // A value of another type is a mistake of the sender, never silently turned into ours.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();
  // Answers are built field by field; their schemas document them.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  mapErrors(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders).header('x-request-id', request.id);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
  });
  await app.register(fastifyCookie);
  await app.register(fastifyRateLimit, {
    max: options.requestsPerMinute,
    timeWindow: 60_000,
    errorResponseBuilder: () =>
      new Fault('REQUESTS_THROTTLED', 'Too many requests from this address'),
  });
  const declared = guardRoutes(app, options);
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Nigehban', version: options.version },
    },
  });
  app.get('/api/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () =>
    app.swagger(),
  );
  app.get(
    '/api/time',
    { config: { access: 'public' }, schema: { summary: 'The server clock' } },
    async () => ({ nowMs: options.clock.nowMs() }),
  );
  await addConsole(app, options.webRoot);
  return { app, declared };
}

/** Files of the console; any other address without a dot is the console's own page. */
async function addConsole(app: App, webRoot: string | null): Promise<void> {
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    return reply.status(404).send(toBody(new Fault('NOT_FOUND', `Nothing at ${path}`), request.id));
  });
  if (webRoot === null) return;
  await app.register(fastifyStatic, { root: resolve(webRoot), serve: false, cacheControl: false });
  app.get<{ Params: { '*': string } }>(
    '/*',
    { config: { access: 'public', rateLimit: false }, schema: { hide: true } },
    (request, reply) => {
      const path = request.params['*'];
      if (/^(api|internal)(\/|$)/.test(path)) {
        reply.callNotFound();
        return reply;
      }
      const isFile = /\.[a-z0-9]+$/i.test(path);
      // Built files carry the hash of their content in their name; the page that names them does not.
      const lasting = isFile && path.startsWith('assets/');
      reply.header('cache-control', lasting ? 'public, max-age=31536000, immutable' : 'no-cache');
      return reply.sendFile(isFile ? path : 'index.html');
    },
  );
}
