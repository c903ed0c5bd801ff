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

/** Starts a script of this folder as a process of its own. */
export function startBenchChild<Command extends object, Report extends { readonly kind: string }>(
  script: string,
  args: readonly string[],
  options: { readonly execArgv?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
): BenchChild<Command, Report> {
  const child: ChildProcess = fork(new URL(script, import.meta.url).pathname, [...args], {
    execArgv: [...(options.execArgv ?? [])],
    env: { ...process.env, ...options.env },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { pid } = child;
  if (pid === undefined) throw new Error(`${script} did not start`);
  return {
    pid,
    send: (command) => void child.send(command),
    next: (kind, timeoutMs = 60_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => settle(new Error(`${script}: no ${kind}`)), timeoutMs);
        const settle = (error: Error) => {
          clearTimeout(timer);
          child.off('message', onMessage);
          child.off('exit', onExit);
          reject(error);
        };
        const isWanted = (report: Report): report is Extract<Report, { kind: typeof kind }> =>
          report.kind === kind;
        const onMessage = (report: Report) => {
          if (!isWanted(report)) return;
          resolve(report);
          settle(new Error('settled'));
        };
        const onExit = () => settle(new Error(`${script} ended`));
        child.on('message', onMessage);
        child.once('exit', onExit);
      }),
    stop: async () => {
      // Which our children take as the order to exit.
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      if (child.exitCode === null && child.signalCode === null) await ended;
      clearTimeout(timer);
    },
  };
}
