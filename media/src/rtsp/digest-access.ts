import { createHash } from 'node:crypto';
import { MediaError } from '../media-error.ts';

export type DigestAlgorithm = 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess';

export interface DigestChallenge {
  readonly scheme: 'digest';
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: DigestAlgorithm;
  /** Whether the server named the algorithm: an answer names it only then (RFC 2617 §3.2.2). */
  readonly algorithmNamed: boolean;
  /** Quality of protection; undefined is the form of RFC 2069 without `qop`. */
  readonly qop: 'auth' | undefined;
  readonly stale: boolean;
}

export interface BasicChallenge {
  readonly scheme: 'basic';
  readonly realm: string;
}

export type AccessChallenge = DigestChallenge | BasicChallenge;

export interface Credential {
  readonly username: string;
  readonly password: string;
}

export interface DigestRequest extends Credential {
  readonly method: string;
  /** The request URI exactly as in the request line. */
  readonly uri: string;
  /** Client nonce: fresh unpredictable hex or base64 text. */
  readonly cnonce: string;
  /** Uses of this server nonce, this one included, from 1. */
  readonly nonceCount: number;
}

const MAX_CHALLENGE_LENGTH = 8192;
const ALGORITHMS: readonly DigestAlgorithm[] = ['SHA-256', 'SHA-256-sess', 'MD5', 'MD5-sess'];
const TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass
const CONTROL = /[\u0000-\u001f\u007f]/;

interface RawChallenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/**
 * The challenges of `WWW-Authenticate` header values (RFC 7235 §4.1: several headers, several
 * challenges in one header) that this client can answer. Unknown schemes, algorithms and `qop`
 * values are left out; malformed text ends the value it stands in. Never throws.
 */
export function parseChallenges(headerValues: readonly string[]): AccessChallenge[] {
  const challenges: AccessChallenge[] = [];
  for (const value of headerValues) {
    for (const raw of splitChallenges(value.slice(0, MAX_CHALLENGE_LENGTH))) {
      const challenge = understand(raw);
      if (challenge !== undefined) challenges.push(challenge);
    }
  }
  return challenges;
}

/**
 * The strongest challenge: SHA-256 before MD5, `qop=auth` before none, Basic last and only when
 * allowed, because it hands the password to whoever answers at the address.
 */
export function chooseChallenge(
  challenges: readonly AccessChallenge[],
  options: { readonly allowBasic: boolean },
): AccessChallenge | undefined {
  let best: AccessChallenge | undefined;
  let bestRank = -1;
  for (const challenge of challenges) {
    const rank = rankOf(challenge);
    if (challenge.scheme === 'basic' && !options.allowBasic) continue;
    if (rank > bestRank) {
      best = challenge;
      bestRank = rank;
    }
  }
  return best;
}

/**
 * The `Authorization` header value for a challenge (RFC 7616 §3.4; RFC 2069 form without `qop`;
 * RFC 7617 for Basic). Text is UTF-8, given as a string of bytes (each character below 256) to be
 * written as latin1, as node:http does. Throws MediaError AUTH_UNSUPPORTED when a name, password or
 * URI holds a control character, which could end the header.
 */
export function buildAuthorization(challenge: AccessChallenge, request: DigestRequest): string {
  if (CONTROL.test(request.username) || CONTROL.test(request.password)) {
    throw new MediaError('AUTH_UNSUPPORTED', 'user name or password holds a control character');
  }
  if (challenge.scheme === 'basic') {
    if (request.username.includes(':')) {
      throw new MediaError('AUTH_UNSUPPORTED', 'user name with a colon cannot use Basic');
    }
    const pair = Buffer.from(`${request.username}:${request.password}`, 'utf8');
    return `Basic ${pair.toString('base64')}`;
  }
  const nonceCount = request.nonceCount.toString(16).padStart(8, '0');
  const parts = [
    `username=${quote(toBytes(request.username))}`,
    `realm=${quote(challenge.realm)}`,
    `nonce=${quote(challenge.nonce)}`,
    `uri=${quote(toBytes(request.uri))}`,
    `response="${digestResponse(challenge, request)}"`,
  ];
  if (challenge.algorithmNamed) parts.push(`algorithm=${challenge.algorithm}`);
  if (challenge.opaque !== undefined) parts.push(`opaque=${quote(challenge.opaque)}`);
  if (challenge.qop !== undefined) {
    parts.push(`qop=${challenge.qop}`, `nc=${nonceCount}`);
  }
  if (challenge.qop !== undefined || challenge.algorithm.endsWith('-sess')) {
    parts.push(`cnonce=${quote(toBytes(request.cnonce))}`);
  }
  return `Digest ${parts.join(', ')}`;
}

/** The `response` value of RFC 7616 §3.4.1, lower-case hex. */
export function digestResponse(challenge: DigestChallenge, request: DigestRequest): string {
  const name = challenge.algorithm.startsWith('SHA-256') ? 'sha256' : 'md5';
  const hash = (text: string): string => createHash(name).update(text, 'utf8').digest('hex');
  // Server text arrived as latin1 bytes; hashing must see those bytes again.
  const hashBytes = (text: string): string => createHash(name).update(text, 'latin1').digest('hex');
  const identity = `${toBytes(request.username)}:${challenge.realm}:${toBytes(request.password)}`;
  let secret = hashBytes(identity);
  if (challenge.algorithm.endsWith('-sess')) {
    secret = hashBytes(`${secret}:${challenge.nonce}:${request.cnonce}`);
  }
  const target = hash(`${request.method}:${request.uri}`);
  if (challenge.qop === undefined) return hashBytes(`${secret}:${challenge.nonce}:${target}`);
  const nonceCount = request.nonceCount.toString(16).padStart(8, '0');
  return hashBytes(
    `${secret}:${challenge.nonce}:${nonceCount}:${request.cnonce}:${challenge.qop}:${target}`,
  );
}

function rankOf(challenge: AccessChallenge): number {
  if (challenge.scheme === 'basic') return 0;
  const strength = ALGORITHMS.length - ALGORITHMS.indexOf(challenge.algorithm);
  return strength * 2 + (challenge.qop === undefined ? 0 : 1);
}

function understand(raw: RawChallenge): AccessChallenge | undefined {
  const realm = raw.parameters.get('realm') ?? '';
  if (CONTROL.test(realm)) return undefined;
  if (raw.scheme === 'basic') return { scheme: 'basic', realm };
  if (raw.scheme !== 'digest') return undefined;
  const nonce = raw.parameters.get('nonce');
  if (nonce === undefined || CONTROL.test(nonce)) return undefined;
  const named = raw.parameters.get('algorithm');
  const algorithm = ALGORITHMS.find(
    (known) => known.toLowerCase() === (named ?? 'MD5').toLowerCase(),
  );
  if (algorithm === undefined) return undefined;
  const qops = raw.parameters.get('qop')?.toLowerCase().split(',');
  const options = qops?.map((option) => option.trim()).filter((option) => option !== '') ?? [];
  if (options.length > 0 && !options.includes('auth')) return undefined;
  const opaque = raw.parameters.get('opaque');
  if (opaque !== undefined && CONTROL.test(opaque)) return undefined;
  return {
    scheme: 'digest',
    realm,
    nonce,
    opaque,
    algorithm,
    algorithmNamed: named !== undefined,
    qop: options.length > 0 ? 'auth' : undefined,
    stale: raw.parameters.get('stale')?.toLowerCase() === 'true',
  };
}

function splitChallenges(text: string): RawChallenge[] {
  const challenges: RawChallenge[] = [];
  let at = 0;
  const skip = (pattern: RegExp): void => {
    while (at < text.length && pattern.test(text[at] ?? '')) at++;
  };
  const token = (): string => {
    const start = at;
    skip(TOKEN);
    return text.slice(start, at);
  };
  while (at < text.length) {
    skip(/[\s,]/);
    const word = token();
    if (word === '') break;
    skip(/[ \t]/);
    if (text[at] !== '=') {
      challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
      continue;
    }
    at++;
    skip(/[ \t]/);
    let value = '';
    if (text[at] === '"') {
      at++;
      while (at < text.length && text[at] !== '"') {
        if (text[at] === '\\' && at + 1 < text.length) at++;
        value += text[at++];
      }
      if (at >= text.length) break;
      at++;
    } else {
      // Some cameras leave base64 nonces unquoted, so a value runs to the comma.
      const start = at;
      skip(/[^\s,]/);
      value = text.slice(start, at);
    }
    const parameters = challenges.at(-1)?.parameters;
    const name = word.toLowerCase();
    if (parameters !== undefined && !parameters.has(name)) parameters.set(name, value);
  }
  return challenges;
}

function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A quoted-string of RFC 7230 §3.2.6 from text that is bytes already. */
function quote(bytes: string): string {
  if (CONTROL.test(bytes)) {
    throw new MediaError('AUTH_UNSUPPORTED', 'authorization field holds a control character');
  }
  return `"${bytes.replace(/["\\]/g, '\\$&')}"`;
}
