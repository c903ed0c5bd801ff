import type { ServerResponse } from 'node:http';
import type { NowMs, TimerWheel } from '../timer-wheel.ts';

const dripIntervalMs = 100;

/** Sends an answer at so many bytes a second, in pieces of at least one byte. */
export function sendSlowly(
  response: ServerResponse,
  text: string,
  bytesPerSecond: number,
  wheel: TimerWheel,
  now: NowMs,
): void {
  const bytes = Buffer.from(text);
  const pieceBytes = Math.max(1, Math.floor((bytesPerSecond * dripIntervalMs) / 1000));
  const intervalMs = (pieceBytes / bytesPerSecond) * 1000;
  response.setHeader('Content-Length', bytes.length);
  const send = (offset: number) => {
    if (response.destroyed) return;
    const end = offset + pieceBytes;
    if (end >= bytes.length) {
      response.end(bytes.subarray(offset));
      return;
    }
    response.write(bytes.subarray(offset, end));
    wheel.schedule(now() + intervalMs, () => send(end));
  };
  response.flushHeaders();
  send(0);
}

/** Sends one of three kinds of wreck with status 200: cut short, tags crossed, or no XML at all. */
export function sendGarbage(response: ServerResponse, text: string, random: () => number): void {
  response.statusCode = 200;
  const choice = Math.floor(random() * 3);
  if (choice === 0) response.end(text.slice(0, Math.floor(text.length * (0.2 + random() * 0.6))));
  else if (choice === 1) response.end(text.replace(/<\/([\w-]+:)?Body>/, '</Bodyy>'));
  else {
    response.end(Buffer.from(Array.from({ length: 512 }, () => Math.floor(random() * 256))));
  }
}

/** Sends nested tags without end until `sizeBytes` are out or the client has gone. */
export function sendHuge(response: ServerResponse, sizeBytes: number): void {
  response.statusCode = 200;
  const piece = '<a><b x="1">text</b>'.repeat(3000);
  let sent = 0;
  const pump = () => {
    while (!response.destroyed && sent < sizeBytes) {
      sent += piece.length;
      if (!response.write(piece)) {
        response.once('drain', pump);
        return;
      }
    }
    response.end();
  };
  response.write('<?xml version="1.0" encoding="UTF-8"?><Envelope>');
  pump();
}
