import { type ChildProcess, fork } from 'node:child_process';

/** A child of ours that takes commands and tells reports over IPC. */
export interface BenchChild<Command, Report extends { readonly kind: string }> {
  readonly pid: number;
  send(command: Command): void;
  /** The next report of a kind; rejects when the child ends or `timeoutMs` are over. */
  next<Kind extends Report['kind']>(
    kind: Kind,
    timeoutMs?: number,
  ): Promise<Extract<Report, { kind: Kind }>>;
  stop(): Promise<void>;
}

const keptOutput = 8_000;
const lastWordsWithinMs = 1_000;

/** Starts a script of this folder as a process of its own. */
export function startBenchChild<Command extends object, Report extends { readonly kind: string }>(
  script: string,
  args: readonly string[],
  options: { readonly execArgv?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): BenchChild<Command, Report> {
  const child: ChildProcess = fork(new URL(script, import.meta.url).pathname, [...args], {
    execArgv: [...(options.execArgv ?? [])],
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    process.stderr.write(text);
    lastWords = (lastWords + text).slice(-keptOutput);
  });
  // After 'close' all that it said has been read; a process of its own that holds its stderr can put
  // that off for ever, so that 'exit' has to do after a second.
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('exit', () => setTimeout(resolve, lastWordsWithinMs).unref());
  });
  let death: Error | undefined;
  child.once('close', (code, signal) => {
    const how = signal === null ? `code ${code}` : `signal ${signal}`;
    death = new Error(`${script} ended with ${how}; the last that it said:\n${lastWords}`);
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${script} did not start`);
  return {
    pid,
    // What cannot be sent any more is told by whoever waits for the answer.
    send: (command) => void child.send(command, () => {}),
    next: (kind, timeoutMs = 60_000) =>
      new Promise((resolve, reject) => {
        if (death !== undefined) {
          reject(death);
          return;
        }
        const timer = setTimeout(() => settle(new Error(`${script}: no ${kind}`)), timeoutMs);
        const settle = (error: Error) => {
          clearTimeout(timer);
          child.off('message', onMessage);
          child.off('close', onClose);
          reject(error);
        };
        const isWanted = (report: Report): report is Extract<Report, { kind: typeof kind }> =>
          report.kind === kind;
        const onMessage = (report: Report) => {
          if (!isWanted(report)) return;
          resolve(report);
          settle(new Error('settled'));
        };
        const onClose = () => settle(death ?? new Error(`${script} ended`));
        child.on('message', onMessage);
        child.once('close', onClose);
      }),
    stop: async () => {
      // Which our children take as the order to exit.
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      if (death === undefined) await ended;
      clearTimeout(timer);
    },
  };
}
