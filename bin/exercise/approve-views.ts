import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { CameraView } from '@nigehban/domain/api/http-types.ts';
import type { ReferenceView } from '@nigehban/domain/api/view-types.ts';
import type { RunningServer } from '@nigehban/server/start-server.ts';
import type { Stoppable } from '../stoppables.ts';

const approvers = [
  { username: 'exercise-approver-1', displayName: 'Exercise approver 1' },
  { username: 'exercise-approver-2', displayName: 'Exercise approver 2' },
] as const;
const lookEveryMs = 3_000;

/**
 * Two people of the exercise take and approve the reference pictures of its simulated cameras by the
 * API, as supervisors do, so that an operator sees them. Ends when every camera inside is approved.
 */
export async function startViewApproval(
  server: RunningServer,
  say: (line: string) => void,
): Promise<Stoppable> {
  const stopping = new AbortController();
  const passwords = approvers.map(() => randomBytes(18).toString('base64url'));
  for (const [index, approver] of approvers.entries()) {
    await server.seedPerson({ ...approver, role: 'supervisor', password: passwords[index] ?? '' });
  }
  const work = async () => {
    const people = await Promise.all(
      approvers.map(({ username }, index) => signIn(server.url, username, passwords[index] ?? '')),
    );
    const [first] = people;
    if (first === undefined) return;
    for (let approved = 0; !stopping.signal.aborted; ) {
      const cameras = (await first('GET', '/api/cameras')) as readonly CameraView[];
      const open = cameras.filter((camera) => camera.approval === 'unapproved');
      if (cameras.length > 0 && open.length === 0) {
        if (approved > 0) say(`views of ${approved} simulated cameras inside stations approved`);
        return;
      }
      for (const { id } of open.filter((camera) => camera.registered)) {
        const base = `/api/cameras/${id}/views`;
        try {
          const view = (await first('POST', base)) as ReferenceView;
          for (const person of people) await person('POST', `${base}/${view.id}/approve`);
          approved += 1;
        } catch {
          // The camera may be starting, or playing a fault: it comes again.
        }
        if (stopping.signal.aborted) return;
      }
      await setTimeout(lookEveryMs, undefined, { signal: stopping.signal });
    }
  };
  const working = work().catch((error: unknown) => {
    if (stopping.signal.aborted) return;
    say(`views could not be approved: ${error instanceof Error ? error.message : String(error)}`);
  });
  return {
    async stop() {
      stopping.abort();
      await working;
    },
  };
}

type Ask = (method: 'GET' | 'POST', path: string) => Promise<unknown>;

async function signIn(url: string, username: string, password: string): Promise<Ask> {
  const answer = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  });
  if (!answer.ok) throw new Error(`${username} cannot sign in (HTTP ${answer.status})`);
  const cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  return async (method, path) => {
    const reply = await fetch(`${url}${path}`, { method, headers: { cookie } });
    if (!reply.ok) throw new Error(`${method} ${path}: HTTP ${reply.status}`);
    return await reply.json();
  };
}
