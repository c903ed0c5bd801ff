import type { MediaErrorCode } from '../media-error.ts';

/** How a fault before playing looks from outside: the server says no, is not there, or makes no sense. */
export function faultKind(code: MediaErrorCode): 'refused' | 'unreachable' | 'failed' {
  switch (code) {
    case 'CONNECT_REFUSED':
    case 'CONNECT_TIMEOUT':
    case 'CONNECT_FAILED':
      return 'unreachable';
    case 'AUTH_REFUSED':
    case 'AUTH_UNSUPPORTED':
    case 'NOT_FOUND':
    case 'SESSIONS_EXHAUSTED':
    case 'SERVER_REFUSED':
    case 'REDIRECT_REFUSED':
      return 'refused';
    default:
      return 'failed';
  }
}
