import { testPassword } from '@nigehban/server/testing/test-services.ts';
import { WebSocket } from 'ws';

/** Consoles that listen and note how late they hear of cameras. */
export interface Browsers {
  /** Begins to note; what came before counts for nothing. */
  begin(): void;
  /** Longest time from a change of state to any browser that heard of it, in seconds, and how many changes were heard by the one that heard the fewest. */
  worst(): { readonly lagSeconds: number; readonly heardByLeast: number };
  close(): void;
}

interface Heard {
  readonly type: string;
  readonly id?: number;
  readonly sinceMs?: number;
  readonly messages?: readonly Heard[];
}

export async function openBrowsers(serverUrl: string, count: number): Promise<Browsers> {
  const answer = await fetch(`${serverUrl}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'operator', password: testPassword }),
  });
  const cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  let noting = false;
  const browsers = Array.from({ length: count }, () => ({
    since: new Map<number, number>(),
    heard: 0,
    lagMs: 0,
  }));
  const sockets = await Promise.all(
    browsers.map(async (browser) => {
      const socket = new WebSocket(`${serverUrl.replace('http', 'ws')}/api/ws`, {
        headers: { cookie, origin: serverUrl },
      });
      const take = (message: Heard) => {
        for (const one of message.messages ?? []) take(one);
        if (message.type !== 'camera' || message.id === undefined) return;
        const sinceMs = message.sinceMs ?? 0;
        if (browser.since.get(message.id) === sinceMs) return;
        browser.since.set(message.id, sinceMs);
        if (!noting) return;
        browser.heard += 1;
        browser.lagMs = Math.max(browser.lagMs, Date.now() - sinceMs);
      };
      socket.on('message', (data) => take(JSON.parse(String(data)) as Heard));
      await new Promise<void>((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('error', reject);
      });
      return socket;
    }),
  );
  return {
    begin() {
      noting = true;
      for (const browser of browsers) {
        browser.heard = 0;
        browser.lagMs = 0;
      }
    },
    worst: () => ({
      lagSeconds: Math.max(...browsers.map((browser) => browser.lagMs)) / 1_000,
      heardByLeast: Math.min(...browsers.map((browser) => browser.heard)),
    }),
    close() {
      for (const socket of sockets) socket.terminate();
    },
  };
}
