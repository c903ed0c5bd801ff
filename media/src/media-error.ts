/** Codes of the faults that the protocol library raises. */
export type MediaErrorCode =
  | 'CONNECT_REFUSED'
  | 'CONNECT_TIMEOUT'
  | 'CONNECT_FAILED'
  | 'CONNECTION_LOST'
  | 'RESPONSE_TIMEOUT'
  | 'AUTH_REFUSED'
  | 'AUTH_UNSUPPORTED'
  | 'NOT_FOUND'
  | 'SESSIONS_EXHAUSTED'
  | 'SERVER_REFUSED'
  | 'REDIRECT_REFUSED'
  | 'PROTOCOL_VIOLATION'
  | 'LIMIT_EXCEEDED'
  | 'TRANSPORT_BLOCKED'
  | 'SDP_INVALID'
  | 'CODEC_UNSUPPORTED'
  | 'PARAMETER_SETS_INVALID'
  | 'NO_FRAMES'
  | 'MP4_INVALID'
  | 'STOPPED';

/** A coded fault of the protocol library. The message names the thing at fault, never a credential. */
export class MediaError extends Error {
  readonly code: MediaErrorCode;
  /** RTSP status code (RFC 2326 §7.1.1) when the server answered with one. */
  readonly statusCode: number | undefined;

  constructor(
    code: MediaErrorCode,
    message: string,
    options: { cause?: unknown; statusCode?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MediaError';
    this.code = code;
    this.statusCode = options.statusCode;
  }
}

/** The cause itself when it is coded; else PROTOCOL_VIOLATION around it. */
export function mediaErrorOf(cause: unknown, what: string): MediaError {
  return cause instanceof MediaError
    ? cause
    : new MediaError('PROTOCOL_VIOLATION', what, { cause });
}
