import { fork } from 'node:child_process';

/** A child of ours that takes commands and tells reports over IPC. */
export interface BenchProcess<Command, Report extends { readonly kind: string }> {
  readonly pid: number;
  send(command: Command): void;
  onReport(listener: (report: Report) => void): void;
  /** The next report of a kind; rejects when the child ends or a minute is over. */
  next<Kind extends Report['kind']>(kind: Kind): Promise<Extract<Report, { kind: Kind }>>;
  kill(): Promise<void>;
}

const patienceMs = 60_000;

/** Starts a script of this folder as a process of its own. */
export function startBenchProcess<Command extends object, Report extends { readonly kind: string }>(
  script: string,
  args: readonly string[] = [],
): BenchProcess<Command, Report> {
  const child = fork(new URL(script, import.meta.url).pathname, [...args]);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { pid } = child;
  if (pid === undefined) throw new Error(`${script} did not start`);
  const listeners = new Set<(report: Report) => void>();
  child.on('message', (report: Report) => {
    for (const listener of [...listeners]) listener(report);
  });
  return {
    pid,
    send: (command) => void child.send(command),
    onReport: (listener) => void listeners.add(listener),
    async next(kind) {
      const wanted = Promise.withResolvers<Extract<Report, { kind: typeof kind }>>();
      const isWanted = (report: Report): report is Extract<Report, { kind: typeof kind }> =>
        report.kind === kind;
      const listener = (report: Report): void => {
        if (isWanted(report)) wanted.resolve(report);
      };
      listeners.add(listener);
      const timer = setTimeout(() => wanted.reject(new Error(`${script}: no ${kind}`)), patienceMs);
      void ended.then(() => wanted.reject(new Error(`${script} ended`)));
      try {
        return await wanted.promise;
      } finally {
        clearTimeout(timer);
        listeners.delete(listener);
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
