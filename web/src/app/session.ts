import type { SessionView } from '@nigehban/domain/api/http-types.ts';
import type { Action, Role } from '@nigehban/domain/permissions.ts';
import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { api } from '../api/api-client.ts';
import { ConsoleFault } from '../api/console-fault.ts';

/** The session, or null when nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<SessionView | null> => {
    try {
      return await api.session(signal);
    } catch (thrown) {
      if (thrown instanceof ConsoleFault && thrown.code === 'SIGN_IN_REQUIRED') return null;
      throw thrown;
    }
  },
  staleTime: 60_000,
});

export function useSession(): SessionView | null {
  return useSuspenseQuery(sessionQuery).data;
}

/** Whether the signed-in person may do `action`. The server decides again on every request. */
export function useCan(action: Action): boolean {
  return useSession()?.actions.includes(action) ?? false;
}

/** Where each role's work begins. */
export const homeOf: Readonly<Record<Role, '/wall' | '/stations' | '/health'>> = {
  operator: '/wall',
  supervisor: '/wall',
  technician: '/health',
  administrator: '/stations',
};
