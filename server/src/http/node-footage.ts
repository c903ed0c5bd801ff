import { Fault, type FaultMessage, fromFaultMessage } from '@nigehban/domain/faults.ts';
import type { FastifyReply } from 'fastify';
import type { Sql } from '../store/database.ts';
import { readNodes } from '../store/node-store.ts';
import { type FootageAnswer, fetchFootage } from './footage-proxy.ts';

export interface NodeQuestion {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly signal?: AbortSignal;
}

/** The footage ports of the media nodes, reached with the cluster key. */
export interface NodeFootage {
  /** The node's answer, whatever its status. @throws Fault NODE_UNAVAILABLE */
  ask(nodeId: string, path: string, question?: NodeQuestion): Promise<FootageAnswer>;
  /** A JSON answer. @throws Fault the one that the node tells, NODE_UNAVAILABLE */
  askJson(nodeId: string, path: string, question?: NodeQuestion): Promise<unknown>;
  /** Hands the node's answer on to the browser. @throws Fault the one that the node tells */
  pass(
    reply: FastifyReply,
    nodeId: string,
    path: string,
    question?: NodeQuestion & {
      /** Another node goes on after this one's last piece: used where the node says `complete`. */
      readonly nextMs?: number;
    },
  ): Promise<unknown>;
}

/** Of the node's headers these reach the browser. */
const passedHeaders = [
  'content-type',
  'content-length',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
  'x-footage-open',
  'x-footage-codec',
  'x-footage-from-us',
  'x-footage-end',
  'x-footage-next-ms',
  'x-picture-time-us',
] as const;

const longestJsonBytes = 16 << 20;
const jsonWithinMs = 20_000;

export function createNodeFootage(options: {
  readonly sql: Sql;
  readonly clusterKey: string;
  /** Footage URL of a node that is linked here; null when it is not. */
  readonly linkedFootageUrl: (nodeId: string) => string | null;
}): NodeFootage {
  const urlOf = async (nodeId: string): Promise<string> => {
    const linked = options.linkedFootageUrl(nodeId);
    if (linked !== null) return linked;
    const nodes = await readNodes(options.sql);
    const url = nodes.find((node) => node.role === 'media' && node.id === nodeId)?.footageUrl;
    if (url === undefined || url === null) {
      throw new Fault('NODE_UNAVAILABLE', `Media node ${nodeId} serves no footage`);
    }
    return url;
  };

  const ask = async (nodeId: string, path: string, question: NodeQuestion = {}) =>
    await fetchFootage(new URL(path, await urlOf(nodeId)), {
      clusterKey: options.clusterKey,
      method: question.method ?? 'GET',
      headers: question.headers ?? {},
      ...(question.json === undefined ? {} : { json: question.json }),
      signal: question.signal ?? AbortSignal.timeout(jsonWithinMs),
    });

  return {
    ask,
    async askJson(nodeId, path, question) {
      const answer = await ask(nodeId, path, question);
      if (answer.status >= 400) throw await faultOf(answer, nodeId);
      return await readJson(answer, nodeId);
    },
    async pass(reply, nodeId, path, question = {}) {
      const abort = new AbortController();
      reply.raw.once('close', () => abort.abort());
      const answer = await ask(nodeId, path, { ...question, signal: abort.signal });
      if (answer.status >= 400 && answer.status !== 416) throw await faultOf(answer, nodeId);
      for (const name of passedHeaders) {
        const value = answer.headers[name];
        if (value !== undefined) reply.header(name, value);
      }
      if (question.nextMs !== undefined && answer.headers['x-footage-end'] === 'complete') {
        reply.header('x-footage-end', 'node').header('x-footage-next-ms', String(question.nextMs));
      }
      reply.header('cache-control', 'private, no-store');
      return await reply.status(answer.status).send(answer.body);
    },
  };
}

/** The fault in a node's answer; a node that answers without one is itself at fault. */
async function faultOf(answer: FootageAnswer, nodeId: string): Promise<Fault> {
  const body = await readJson(answer, nodeId).catch(() => null);
  if (typeof body === 'object' && body !== null && 'fault' in body) {
    const fault = fromFaultMessage(body.fault as FaultMessage);
    // The cluster key is wrong between us and the node: that is nothing a browser did.
    if (fault.code !== 'LINK_REFUSED' && fault.code !== 'INTERNAL') return fault;
  }
  if (answer.status === 404) {
    return new Fault('FOOTAGE_UNKNOWN', `Media node ${nodeId} does not have this`);
  }
  return new Fault('NODE_UNAVAILABLE', `Media node ${nodeId} answers ${answer.status}`);
}

async function readJson(answer: FootageAnswer, nodeId: string): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer.body) {
    parts.push(part);
    bytes += part.length;
    if (bytes > longestJsonBytes) {
      throw new Fault('NODE_UNAVAILABLE', `Media node ${nodeId} answers too much`);
    }
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch (cause) {
    throw new Fault('NODE_UNAVAILABLE', `Media node ${nodeId} answers nonsense`, { cause });
  }
}
