import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Fault } from '@nigehban/domain/faults.ts';

/** A node's answer, its body not read yet: whoever has it reads or destroys it. */
export interface FootageAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: IncomingMessage;
}

const answerWithinMs = 10_000;

/**
 * Asks a media node for footage with the cluster key. @throws Fault NODE_UNAVAILABLE when it does
 * not answer within 10 s. `signal` ends the request and the body.
 */
export async function fetchFootage(
  url: URL,
  options: {
    readonly clusterKey: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly method?: 'GET' | 'POST' | 'DELETE';
    /** Sent as the body. */
    readonly json?: unknown;
    readonly signal: AbortSignal;
  },
): Promise<FootageAnswer> {
  const body = options.json === undefined ? undefined : Buffer.from(JSON.stringify(options.json));
  const ask = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return await new Promise((resolve, reject) => {
    const sent: ClientRequest = ask(
      url,
      {
        agent: false,
        signal: options.signal,
        method: options.method ?? 'GET',
        headers: {
          ...options.headers,
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': body.length }),
          authorization: `Bearer ${options.clusterKey}`,
        },
      },
      (answer) => {
        sent.setTimeout(0);
        resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: answer });
      },
    );
    sent.setTimeout(answerWithinMs, () => sent.destroy(new Error('no answer in time')));
    sent.on('error', (cause) => {
      reject(new Fault('NODE_UNAVAILABLE', 'The media node does not serve its footage', { cause }));
    });
    sent.end(body);
  });
}
