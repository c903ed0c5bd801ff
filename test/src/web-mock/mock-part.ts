import type { Role } from '@nigehban/domain/permissions.ts';

/** A part of the API that the mock server answers with; each topic has a file of its own. */
export interface MockRequest {
  readonly method: string;
  /** Path below `/api/`, in pieces. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** The JSON body; null when there is none. */
  readonly body: unknown;
  readonly role: Role;
  readonly nowMs: number;
}

/** The answer; undefined when the request is another part's. May throw a Fault. */
export type MockPart = (request: MockRequest) => unknown;
