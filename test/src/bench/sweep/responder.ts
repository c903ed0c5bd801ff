import { createServer, type Socket } from 'node:net';
import { cameraAt, isDead } from './simulated-cameras.ts';
import type { ResponderCommand, ResponderReport } from './sweep-protocol.ts';

/**
 * All cameras of the sweep's bench: one listener that tells by the address that was called which
 * camera is meant, and answers every request with the time. Argument: number of cameras.
 */
const cameras = Number(process.argv[2]);
const silenced = new Uint8Array(cameras);
const calledAtMs = new Float64Array(cameras);
const worstMs = new Float64Array(cameras);
let resetAtMs = 0;
let checks = 0;
let isCut = false;

let answer = '';
let answerSecond = 0;

function answerNow(): string {
  const nowMs = Date.now();
  const second = Math.floor(nowMs / 1_000);
  if (second === answerSecond) return answer;
  answerSecond = second;
  const at = new Date(nowMs);
  const body =
    '<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><SOAP-ENV:Body><tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>PKT-5</tt:TZ></tt:TimeZone>' +
    `<tt:UTCDateTime><tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute><tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time>` +
    `<tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month><tt:Day>${at.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime>` +
    '</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>';
  answer = `HTTP/1.1 200 OK\r\nServer: gSOAP/2.8\r\nContent-Type: application/soap+xml; charset=utf-8\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
  return answer;
}

function noteCall(camera: number): void {
  const nowMs = performance.now();
  checks += 1;
  const sinceMs = nowMs - Math.max(calledAtMs[camera] ?? 0, resetAtMs);
  calledAtMs[camera] = nowMs;
  if (sinceMs > (worstMs[camera] ?? 0)) worstMs[camera] = sinceMs;
}

function report(value: ResponderReport): void {
  process.send?.(value);
}

const server = createServer({ noDelay: true }, (socket: Socket) => {
  socket.on('error', () => {});
  const camera = cameraAt(socket.localAddress ?? '');
  if (camera < 0 || camera >= cameras) {
    socket.destroy();
    return;
  }
  noteCall(camera);
  if (isCut || silenced[camera] === 1 || isDead(camera)) socket.resume();
  else socket.once('data', () => socket.end(answerNow(), 'latin1'));
});

process.on('message', (command: ResponderCommand) => {
  switch (command.kind) {
    case 'silence':
      if (command.cameras === 'all') isCut = true;
      else for (const camera of command.cameras) silenced[camera] = 1;
      return;
    case 'restore':
      isCut = false;
      silenced.fill(0);
      return;
    case 'reset':
      resetAtMs = performance.now();
      checks = 0;
      worstMs.fill(0);
      return;
    case 'measure': {
      const nowMs = performance.now();
      const worstOfCamerasMs = Array.from(worstMs, (worst, camera) =>
        Math.max(worst, nowMs - Math.max(calledAtMs[camera] ?? 0, resetAtMs)),
      );
      const longest = worstOfCamerasMs.reduce((most, one) => Math.max(most, one), 0);
      report({ kind: 'intervals', worstMs: longest, worstOfCamerasMs, checks });
      return;
    }
  }
});
process.on('disconnect', () => process.exit());

server.listen({ port: 0, host: '0.0.0.0', backlog: 4_096 }, () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') {
    report({ kind: 'listening', port: address.port });
  }
});
