import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RecipientBody } from '@nigehban/domain/api/notice-types.ts';
import { testPassword } from '@nigehban/server/testing/test-services.ts';

/** Webhooks of everybody who is to hear of outages, served here. */
export interface Recipients {
  /** Messages since then, by the recipient who heard the most, those who heard nothing, and all. */
  heard(): { readonly most: number; readonly silent: number; readonly all: number };
  close(): void;
}

type Place = Pick<RecipientBody, 'name' | 'level' | 'districtCode' | 'division'>;

/**
 * Registers one recipient for the province, one for each division and one for each district with the
 * server, by its API, each with a webhook of its own and a limit that does not do the counting's work.
 */
export async function registerRecipients(
  serverUrl: string,
  districts: readonly { readonly code: string; readonly division: string | null }[],
): Promise<Recipients> {
  const messages = new Map<string, Set<string>>();
  const receiver = createServer((request, response) => {
    // A message that is delivered again is the same one to its reader.
    messages.get(request.url ?? '')?.add(String(request.headers['idempotency-key']));
    request.resume().once('end', () => response.writeHead(204).end());
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  const divisions = [...new Set(districts.flatMap(({ division }) => division ?? []))];
  const places: readonly Place[] = [
    { name: 'Province', level: 'province', districtCode: null, division: null },
    ...divisions.map((division): Place => {
      return { name: division, level: 'division', districtCode: null, division };
    }),
    ...districts.map(({ code }): Place => {
      return { name: code, level: 'district', districtCode: code, division: null };
    }),
  ];
  const answer = await fetch(`${serverUrl}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'administrator', password: testPassword }),
  });
  const cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
  for (const [index, place] of places.entries()) {
    messages.set(`/${index}`, new Set());
    const body: RecipientBody = {
      ...place,
      channel: 'webhook',
      target: {
        kind: 'webhook',
        url: `http://127.0.0.1:${port}/${index}`,
        secret: 'storm-webhook-secret',
      },
      language: 'en',
      minSeverity: 'minor',
      quiet: null,
      limitMessages: 20,
      limitWindowMs: 600_000,
      enabled: true,
      shifts: [],
    };
    const made = await fetch(`${serverUrl}/api/notices/recipients`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie, origin: serverUrl },
      body: JSON.stringify(body),
    });
    if (!made.ok) throw new Error(`no recipient ${place.name}: ${await made.text()}`);
  }
  return {
    heard() {
      const counts = [...messages.values()].map((ids) => ids.size);
      return {
        most: Math.max(...counts),
        silent: counts.filter((count) => count === 0).length,
        all: counts.reduce((sum, count) => sum + count, 0),
      };
    },
    close() {
      receiver.closeAllConnections();
      receiver.close();
    },
  };
}
