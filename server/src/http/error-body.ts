import type { ErrorBody } from '@nigehban/domain/api/http-types.ts';
import { Fault, faultCatalogue, toFaultMessage } from '@nigehban/domain/faults.ts';
import type { FastifyError, FastifyInstance } from 'fastify';
import { toDatabaseFault } from '../store/database.ts';

/** Every failure leaves as an {@link ErrorBody} with its fault's status; the only place that maps. */
export function mapErrors(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError | Error>((error, request, reply) => {
    const { fault, status } = faultOf(error);
    if (status >= 500) {
      request.log.error({ err: error, code: fault.code, requestId: request.id }, 'request failed');
    }
    if (fault.code === 'SIGN_IN_THROTTLED' || fault.code === 'REQUESTS_THROTTLED') {
      reply.header('retry-after', '60');
    }
    return reply.status(status).send(toBody(fault, request.id));
  });
}

export function toBody(fault: Fault, requestId: string): ErrorBody {
  return { error: { ...toFaultMessage(fault), requestId } };
}

function faultOf(error: unknown): { fault: Fault; status: number } {
  const thrown = toDatabaseFault(error);
  if (thrown instanceof Fault) {
    return { fault: thrown, status: faultCatalogue[thrown.code].status };
  }
  // Fastify's own: a body that is no JSON, too large, of another type, or against its schema.
  if (thrown instanceof Error && 'statusCode' in thrown) {
    const status = Number(thrown.statusCode);
    if (status >= 400 && status < 500) {
      return { fault: new Fault('REQUEST_INVALID', thrown.message, { cause: thrown }), status };
    }
  }
  const fault = new Fault('INTERNAL', 'Internal fault', { cause: thrown });
  return { fault, status: faultCatalogue.INTERNAL.status };
}
