import type { HealthView } from '../../use-cases/read-health.ts';
import type { App } from '../app-type.ts';

/** For load balancers and Prometheus. */
export function addMachineRoutes(
  app: App,
  options: {
    readonly health: () => Promise<HealthView>;
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
      schema: { summary: 'Prometheus text format' },
    },
    async (_request, reply) => {
      const { contentType, text } = await options.metrics();
      return reply.header('content-type', contentType).send(text);
    },
  );
}
