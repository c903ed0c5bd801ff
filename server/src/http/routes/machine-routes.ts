import { Fault } from '@nigehban/domain/faults.ts';
import type { FastifyRequest } from 'fastify';
import { secretsEqual } from '../../security/tokens.ts';
import type { HealthView } from '../../use-cases/read-health.ts';
import type { App } from '../app-type.ts';

/** For load balancers and Prometheus. */
export function addMachineRoutes(
  app: App,
  options: {
    readonly health: () => Promise<HealthView>;
    /** Bearer token that opens the metrics: they tell much of how an election is watched. */
    readonly metricsKey: string;
    /** Programs on this machine need none. */
    readonly metricsOnLoopback: boolean;
    readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  },
): void {
  app.get(
    '/healthz',
    {
      config: { access: 'public', rateLimit: false },
      schema: { summary: '200 when serving, 503 otherwise, with the state of every part' },
    },
    async (_request, reply) => {
      const health = await options.health();
      return reply
        .status(health.serving ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(health);
    },
  );
  app.get(
    '/metrics',
    {
      config: { access: 'public', rateLimit: false },
      schema: { summary: 'Prometheus text format, for bearers of the cluster key' },
    },
    async (request, reply) => {
      const local = options.metricsOnLoopback && comesFromHere(request);
      if (!local && !bearsKey(request, options.metricsKey)) {
        throw new Fault('LINK_REFUSED', 'The metrics need the cluster key as a bearer token');
      }
      const { contentType, text } = await options.metrics();
      return reply.header('content-type', contentType).send(text);
    },
  );
}

function bearsKey(request: FastifyRequest, key: string): boolean {
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return given !== undefined && secretsEqual(given, key);
}

/** The other end of the connection is this machine, and no proxy passes somebody else's request on. */
function comesFromHere(request: FastifyRequest): boolean {
  const address = request.socket.remoteAddress ?? '';
  const forwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some(
    (name) => request.headers[name] !== undefined,
  );
  return !forwarded && /^(127\.|::1$|::ffff:127\.)/.test(address);
}
