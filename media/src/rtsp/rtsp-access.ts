import { randomBytes } from 'node:crypto';
import { MediaError } from '../media-error.ts';
import {
  type AccessChallenge,
  buildAuthorization,
  chooseChallenge,
  parseChallenges,
} from './digest-access.ts';
import type { RtspResponse } from './rtsp-message.ts';

export interface RtspAccessOptions {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly allowBasic: boolean;
  /** Fresh client nonces; random by default. */
  readonly createCnonce?: () => string;
}

/**
 * Answers one server's challenges with one credential, and gives up when the server has seen it and
 * said no: a wrong password is offered once, so that no camera locks its account because of us.
 */
export class RtspAccess {
  readonly #options: RtspAccessOptions;
  #challenge: AccessChallenge | undefined;
  #nonceCount = 0;
  #accepted = false;

  constructor(options: RtspAccessOptions) {
    this.#options = options;
  }

  /** The `Authorization` value for the next request; undefined until the server has asked. */
  authorize(method: string, uri: string): string | undefined {
    const { username, password } = this.#options;
    if (this.#challenge === undefined || username === undefined) return undefined;
    this.#nonceCount++;
    return buildAuthorization(this.#challenge, {
      username,
      password: password ?? '',
      method,
      uri,
      cnonce: this.#options.createCnonce?.() ?? randomBytes(12).toString('hex'),
      nonceCount: this.#nonceCount,
    });
  }

  /** To be told of each answer other than 401 to an authorized request. */
  noteAccepted(): void {
    this.#accepted = true;
  }

  /**
   * Takes a 401. Returns when the request is worth one more try: it went out without credential, or
   * the server calls the nonce stale, or changed it after having accepted this credential. Throws
   * MediaError AUTH_REFUSED or AUTH_UNSUPPORTED otherwise.
   */
  challenge(response: RtspResponse, authorized: boolean): void {
    if (this.#options.username === undefined) {
      throw new MediaError('AUTH_REFUSED', 'the server asks for a user name and none is set', {
        statusCode: 401,
      });
    }
    const offered = parseChallenges(response.headers.get('www-authenticate') ?? []);
    const chosen = chooseChallenge(offered, { allowBasic: this.#options.allowBasic });
    if (chosen === undefined) {
      const basicOnly = offered.some((challenge) => challenge.scheme === 'basic');
      throw new MediaError(
        'AUTH_UNSUPPORTED',
        basicOnly
          ? 'the server offers Basic alone, which would send the password in clear'
          : 'the server offers no authentication scheme known here',
        { statusCode: 401 },
      );
    }
    if (authorized && !this.#worthRetrying(chosen)) {
      throw new MediaError('AUTH_REFUSED', 'the server refused user name and password', {
        statusCode: 401,
      });
    }
    this.#challenge = chosen;
    this.#nonceCount = 0;
  }

  #worthRetrying(next: AccessChallenge): boolean {
    if (next.scheme !== 'digest' || this.#challenge?.scheme !== 'digest') return false;
    if (next.nonce === this.#challenge.nonce) return false;
    return next.stale || this.#accepted;
  }
}
