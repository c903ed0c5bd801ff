import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';

/** One request as a scripted camera saw it. */
export interface SeenRequest {
  readonly operation: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
}

export interface ScriptedCamera extends AsyncDisposable {
  readonly port: number;
  readonly seen: readonly SeenRequest[];
}

/** What a script may answer with; a function takes the response over. */
export type ScriptedReply =
  | string
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string | readonly string[]>>;
      readonly body?: string | Uint8Array;
    }
  | ((response: ServerResponse, request: IncomingMessage) => void);

/** An HTTP server on loopback that plays one camera by a function of the request. */
export async function startScriptedCamera(
  answer: (request: SeenRequest, port: number) => ScriptedReply,
  host = '127.0.0.1',
): Promise<ScriptedCamera> {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let port = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const one: SeenRequest = {
      operation: /<(?:\w+:)?Body>\s*<(?:\w+:)?(\w+)/.exec(body)?.[1] ?? '',
      path: request.url ?? '',
      body,
      authorization: request.headers.authorization,
      contentType: request.headers['content-type'],
    };
    seen.push(one);
    const reply = answer(one, port);
    if (typeof reply === 'function') return reply(response, request);
    if (typeof reply === 'string') {
      response.writeHead(200, { 'content-type': 'application/soap+xml; charset=utf-8' });
      response.end(reply);
      return;
    }
    const headers: Record<string, string | string[]> = {};
    for (const [name, value] of Object.entries(reply.headers ?? {})) {
      headers[name] = typeof value === 'string' ? value : [...value];
    }
    response.writeHead(reply.status, headers);
    response.end(reply.body ?? '');
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  port = (server.address() as AddressInfo).port;
  return {
    port,
    seen,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A TCP server on loopback that does with each connection what it is told. */
export async function startRawServer(
  serve: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An envelope with prefixes that no vendor uses, so that no test leans on a prefix. */
export function soap(body: string): string {
  return (
    '<?xml version="1.0" encoding="utf-8"?><e0:Envelope' +
    ' xmlns:e0="http://www.w3.org/2003/05/soap-envelope"' +
    ' xmlns:d="http://www.onvif.org/ver10/device/wsdl"' +
    ' xmlns:m="http://www.onvif.org/ver10/media/wsdl"' +
    ' xmlns:m2="http://www.onvif.org/ver20/media/wsdl"' +
    ` xmlns:x="http://www.onvif.org/ver10/schema"><e0:Header/><e0:Body>${body}</e0:Body></e0:Envelope>`
  );
}

/** A SOAP 1.2 fault in the way of ONVIF. */
export function soapFault(code: string, subcode: string, reason = ''): string {
  return soap(
    `<e0:Fault><e0:Code><e0:Value>e0:${code}</e0:Value><e0:Subcode>` +
      `<e0:Value xmlns:q="http://www.onvif.org/ver10/error">q:${subcode}</e0:Value></e0:Subcode></e0:Code>` +
      `<e0:Reason><e0:Text xml:lang="en">${reason}</e0:Text></e0:Reason></e0:Fault>`,
  );
}

export function dateAndTime(ms: number): string {
  const at = new Date(ms);
  return soap(
    '<d:GetSystemDateAndTimeResponse><d:SystemDateAndTime><x:DateTimeType>NTP</x:DateTimeType>' +
      `<x:UTCDateTime><x:Time><x:Hour>${at.getUTCHours()}</x:Hour><x:Minute>${at.getUTCMinutes()}</x:Minute>` +
      `<x:Second>${at.getUTCSeconds()}</x:Second></x:Time><x:Date><x:Year>${at.getUTCFullYear()}</x:Year>` +
      `<x:Month>${at.getUTCMonth() + 1}</x:Month><x:Day>${at.getUTCDate()}</x:Day></x:Date></x:UTCDateTime>` +
      '</d:SystemDateAndTime></d:GetSystemDateAndTimeResponse>',
  );
}

export function deviceInformation(serial = '0042001', firmware = '1.10'): string {
  return soap(
    '<d:GetDeviceInformationResponse><d:Manufacturer>Test &amp; Sons</d:Manufacturer>' +
      `<d:Model>T-1</d:Model><d:FirmwareVersion>${firmware}</d:FirmwareVersion>` +
      `<d:SerialNumber>${serial}</d:SerialNumber><d:HardwareId>h</d:HardwareId></d:GetDeviceInformationResponse>`,
  );
}

/** Whether the body's UsernameToken proves the password and is dated by the camera's clock. */
export function tokenIsValid(body: string, password: string, cameraNowMs: number): boolean {
  const pick = (name: string): string =>
    new RegExp(`<ws(?:se|u):${name}[^>]*>([^<]*)<`).exec(body)?.[1] ?? '';
  const created = pick('Created');
  const digest = createHash('sha1')
    .update(Buffer.from(pick('Nonce'), 'base64'))
    .update(created)
    .update(password)
    .digest('base64');
  return digest === pick('Password') && Math.abs(Date.parse(created) - cameraNowMs) < 5_000;
}
