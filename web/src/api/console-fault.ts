import type { FaultCode } from '@nigehban/domain/faults.ts';

/** Faults that the browser finds by itself, beside those of the server. */
export type ConsoleFaultCode = FaultCode | 'SERVER_UNREACHABLE' | 'PLAYBACK_UNSUPPORTED';

/** A coded fault as the console shows it: `fault.<CODE>` and `fault.<CODE>.next` translate it. */
export class ConsoleFault extends Error {
  readonly code: ConsoleFaultCode;
  readonly requestId: string | null;

  constructor(code: ConsoleFaultCode, message: string, requestId: string | null = null) {
    super(message);
    this.name = 'ConsoleFault';
    this.code = code;
    this.requestId = requestId;
  }
}

/** The code to show for anything thrown. */
export function faultCodeOf(thrown: unknown): ConsoleFaultCode {
  return thrown instanceof ConsoleFault ? thrown.code : 'INTERNAL';
}
