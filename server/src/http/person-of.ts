import type { FastifyRequest } from 'fastify';
import type { Person } from '../use-cases/approve-view.ts';
import { signedIn } from './access.ts';

/** Who sends the request, and from where. @throws Fault SIGN_IN_REQUIRED */
export function personOf(request: FastifyRequest): Person {
  return { username: signedIn(request).username, address: request.ip };
}
