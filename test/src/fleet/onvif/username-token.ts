import { createHash } from 'node:crypto';
import type { Credentials } from '../digest-authority.ts';
import type { UsernameToken } from './soap.ts';

const rememberedNonces = 256;

/**
 * The server's side of WS-UsernameToken with PasswordDigest (WSS UsernameToken Profile 1.0 §3.1):
 * refuses a wrong digest, a Created too far from the camera's own clock, and a nonce seen before.
 */
export class UsernameTokenCheck {
  readonly #freshnessMs: number;
  readonly #seen = new Set<string>();

  constructor(freshnessMs: number) {
    this.#freshnessMs = freshnessMs;
  }

  accepts(token: UsernameToken, user: Credentials, clockMs: number): boolean {
    if (token.username !== user.username) return false;
    if (!token.passwordType.endsWith('#PasswordDigest')) return false;
    const createdMs = Date.parse(token.created);
    if (Number.isNaN(createdMs) || Math.abs(createdMs - clockMs) > this.#freshnessMs) return false;
    const digest = createHash('sha1')
      .update(Buffer.from(token.nonce, 'base64'))
      .update(token.created + user.password)
      .digest('base64');
    const use = `${token.nonce} ${token.created}`;
    if (digest !== token.password || this.#seen.has(use)) return false;
    this.#seen.add(use);
    const [oldest] = this.#seen;
    if (this.#seen.size > rememberedNonces && oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }
}
