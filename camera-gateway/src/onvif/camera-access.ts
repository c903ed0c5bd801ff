import type { CameraCredentials } from '@nigehban/domain/camera.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import { MediaError } from '@nigehban/media/media-error.ts';
import {
  buildAuthorization,
  chooseChallenge,
  type DigestChallenge,
  parseChallenges,
} from '@nigehban/media/rtsp/digest-access.ts';

/** How the next request proves who we are. */
export type AccessProof =
  | { readonly kind: 'none' }
  | { readonly kind: 'username-token' }
  | { readonly kind: 'digest'; readonly authorization: string };

/** Random bytes as a parameter; production passes node:crypto's. */
export type RandomBytes = (size: number) => Uint8Array;

/**
 * What one client knows of a camera's authentication. The first protected request goes without
 * credentials, because the refusal tells the method and counts against nobody; then the
 * credentials are sent by that method. Once refused they are never sent again by this object, so
 * that no camera locks us out.
 */
export interface CameraAccess {
  proof(method: 'GET' | 'POST', path: string): AccessProof;
  /** No protected request was refused yet, so none carried credentials. */
  undecided(): boolean;
  /** The request with the last proof was served. */
  accepted(): void;
  /**
   * The request with the last proof was refused. True: ask for a new proof and send it again, once;
   * false: the credentials themselves are refused.
   */
  refused(challenges: readonly string[]): boolean;
  /** The credentials were offered and refused. */
  isRefused(): boolean;
  /** Throws CAMERA_AUTH_REFUSED when these credentials were refused before. */
  check(): void;
}

type Method =
  | { readonly kind: 'undecided' }
  | { readonly kind: 'username-token' }
  | { readonly kind: 'digest'; readonly challenge: DigestChallenge; nonceCount: number };

export function createCameraAccess(
  credentials: CameraCredentials | null,
  randomBytes: RandomBytes,
): CameraAccess {
  let method: Method = { kind: 'undecided' };
  let proven = false;
  let rejected = false;
  let renewed = false;

  return {
    proof(httpMethod, path) {
      if (credentials === null || method.kind === 'undecided') return { kind: 'none' };
      if (method.kind === 'username-token') return { kind: 'username-token' };
      method.nonceCount += 1;
      try {
        const authorization = buildAuthorization(method.challenge, {
          ...credentials,
          method: httpMethod,
          uri: path,
          cnonce: Buffer.from(randomBytes(16)).toString('hex'),
          nonceCount: method.nonceCount,
        });
        return { kind: 'digest', authorization };
      } catch (cause) {
        if (!(cause instanceof MediaError)) throw cause;
        throw new Fault('CAMERA_AUTH_REFUSED', cause.message, { cause });
      }
    },
    undecided: () => credentials !== null && method.kind === 'undecided',
    accepted() {
      if (method.kind !== 'undecided') proven = true;
      renewed = false;
    },
    refused(challenges) {
      if (credentials === null) return false;
      const offered = chooseChallenge(parseChallenges(challenges), { allowBasic: false });
      const challenge = offered?.scheme === 'digest' ? offered : undefined;
      if (method.kind === 'undecided') {
        method =
          challenge === undefined
            ? { kind: 'username-token' }
            : { kind: 'digest', challenge, nonceCount: 0 };
        return true;
      }
      // A nonce that served before and ran out is no refusal of the password (RFC 7616 §3.3). A
      // fresh one cannot have run out, whatever the camera says: that would be a second attempt.
      const nonceRanOut =
        method.kind === 'digest' &&
        challenge !== undefined &&
        challenge.nonce !== method.challenge.nonce &&
        proven &&
        !renewed;
      if (nonceRanOut) {
        method = { kind: 'digest', challenge, nonceCount: 0 };
        renewed = true;
        return true;
      }
      renewed = false;
      if (!proven) rejected = true;
      return false;
    },
    isRefused: () => rejected,
    check() {
      if (rejected) {
        throw new Fault('CAMERA_AUTH_REFUSED', 'The camera refused the user name or password');
      }
    },
  };
}
