/**
 * Options of Node.js for a process that records. Packets live for a fragment of a second: a small young
 * generation stays in the processor's cache and costs less memory, measured by `npm run bench:record`.
 */
export const recorderProcessOptions: readonly string[] = ['--max-semi-space-size=4'];
