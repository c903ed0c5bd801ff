export interface ServerRequestVerdict {
  readonly statusCode: number;
  readonly reason: string;
  readonly endsSession: boolean;
}

/** What a playing client says to a request of the server (RFC 2326 §10). */
export function answerServerRequest(method: string): ServerRequestVerdict {
  switch (method) {
    case 'OPTIONS':
    case 'GET_PARAMETER':
    case 'SET_PARAMETER':
      return { statusCode: 200, reason: 'OK', endsSession: false };
    case 'ANNOUNCE':
    case 'REDIRECT':
    case 'TEARDOWN':
      // A new description, place or end: a fresh session finds out which.
      return { statusCode: 200, reason: 'OK', endsSession: true };
    default:
      return { statusCode: 551, reason: 'Option not supported', endsSession: false };
  }
}
