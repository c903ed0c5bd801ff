import { defaultListeningPolicy, type ListeningPolicy } from '@nigehban/domain/live-sound.ts';
import type { MockPart } from './mock-part.ts';

/** Who may listen to live sound. */
export function createMockListening(): MockPart {
  let policy = defaultListeningPolicy;
  return ({ method, path: [resource, name], body }) => {
    if (resource !== 'settings' || name !== 'listening') return undefined;
    if (method === 'PUT') policy = body as ListeningPolicy;
    return policy;
  };
}
