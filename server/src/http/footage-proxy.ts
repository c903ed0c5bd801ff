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
    readonly signal: AbortSignal;
  },
): Promise<FootageAnswer> {
  const ask = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return await new Promise((resolve, reject) => {
    const sent: ClientRequest = ask(
      url,
      {
        agent: false,
        signal: options.signal,
        headers: { ...options.headers, authorization: `Bearer ${options.clusterKey}` },
      },
      (body) => {
        sent.setTimeout(0);
        resolve({ status: body.statusCode ?? 502, headers: body.headers, body });
      },
    );
    sent.setTimeout(answerWithinMs, () => sent.destroy(new Error('no answer in time')));
    sent.on('error', (cause) => {
      reject(new Fault('NODE_UNAVAILABLE', 'The media node does not serve its footage', { cause }));
    });
    sent.end();
  });
}
