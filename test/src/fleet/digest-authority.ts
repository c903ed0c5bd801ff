import { createHash } from 'node:crypto';

export type DigestAlgorithm = 'MD5' | 'SHA-256';

/** What a request's Authorization header is worth. */
export type DigestVerdict = 'accepted' | 'missing' | 'stale' | 'refused';

export interface DigestSettings {
  readonly realm: string;
  readonly algorithms: readonly DigestAlgorithm[];
  readonly nonceLifetimeMs: number;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const maxLiveNonces = 256;

/** The parameters of an Authorization or WWW-Authenticate header after its scheme (RFC 7235). */
export function parseAuthParameters(header: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const match of header.matchAll(/([a-zA-Z0-9-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)) {
    const [, name, quoted, bare] = match;
    if (name === undefined) continue;
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
  }
  return parameters;
}

/**
 * The server's side of digest authentication as HTTP and RTSP share it (RFC 7616): issues
 * challenges and checks answers. Works for one realm and one user at a time.
 */
export class DigestAuthority {
  readonly #settings: DigestSettings;
  readonly #newNonce: () => string;
  readonly #nonces = new Map<string, number>();

  constructor(settings: DigestSettings, newNonce: () => string) {
    this.#settings = settings;
    this.#newNonce = newNonce;
  }

  /** The values of the WWW-Authenticate headers of a 401, one for each algorithm. */
  challenges(nowMs: number, isStale: boolean): string[] {
    const nonce = this.#newNonce();
    this.#nonces.set(nonce, nowMs + this.#settings.nonceLifetimeMs);
    const [oldest] = this.#nonces.keys();
    if (this.#nonces.size > maxLiveNonces && oldest !== undefined) this.#nonces.delete(oldest);
    return this.#settings.algorithms.map((algorithm) =>
      [
        `Digest realm="${this.#settings.realm}"`,
        `nonce="${nonce}"`,
        'qop="auth"',
        ...(this.#settings.algorithms.length > 1 || algorithm !== 'MD5'
          ? [`algorithm=${algorithm}`]
          : []),
        ...(isStale ? ['stale=true'] : []),
      ].join(', '),
    );
  }

  /** Checks an Authorization header for this method against the user's current password. */
  check(
    header: string | undefined,
    method: string,
    user: Credentials,
    nowMs: number,
  ): DigestVerdict {
    if (header === undefined) return 'missing';
    if (!/^digest\s/i.test(header)) return 'refused';
    const given = parseAuthParameters(header.slice(7));
    const algorithm = (given.get('algorithm') ?? 'MD5').toUpperCase();
    const known = this.#settings.algorithms.find((candidate) => candidate === algorithm);
    const nonce = given.get('nonce') ?? '';
    const expiresMs = this.#nonces.get(nonce);
    if (known === undefined || given.get('username') !== user.username) return 'refused';
    if (given.get('realm') !== this.#settings.realm) return 'refused';
    const hash = (text: string) =>
      createHash(known === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex');
    const secret = hash(`${user.username}:${this.#settings.realm}:${user.password}`);
    const target = hash(`${method}:${given.get('uri') ?? ''}`);
    const qop = given.get('qop');
    const between =
      qop === undefined
        ? nonce
        : `${nonce}:${given.get('nc') ?? ''}:${given.get('cnonce') ?? ''}:${qop}`;
    const expected = hash(`${secret}:${between}:${target}`);
    if (given.get('response')?.toLowerCase() !== expected) return 'refused';
    return expiresMs === undefined || expiresMs < nowMs ? 'stale' : 'accepted';
  }
}
