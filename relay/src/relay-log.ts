/** The part of a logger that the relay needs: fields first, then the text. */
export interface RelayLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}
