/**
 * PostgreSQL's advisory locks are numbers, any of our own. Each is here once: two that are one by mistake
 * let an import of a plan keep the processes' heartbeats waiting.
 */
export const advisoryLocks = {
  migrate: 4_206_117,
  /** `add_footage_day`: several nodes meet a new day at once. */
  footageDay: 4_206_118,
  /** `beat_server_process`: of processes that begin at once, one finds the gap before them. */
  serverProcess: 4_206_119,
  /** One plan is applied at a time. */
  plan: 4_206_120,
  /** One process gives cameras their media nodes at a time. */
  cameraNodes: 4_206_121,
} as const;
