import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A process of the product, its output kept for the failure message. */
export interface Child {
  readonly pid: number;
  /** All that it wrote so far, both streams. */
  output(): string;
  exited(): boolean;
  /** Ends with the signal and waits for the end; SIGKILL after `graceMs`. */
  end(signal: NodeJS.Signals, graceMs?: number): Promise<number | null>;
}

export function startChild(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Child {
  const child: ChildProcess = spawn(process.execPath, [file, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-400_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = once(child, 'exit');
  if (child.pid === undefined) throw new Error(`${file} did not start`);
  return {
    pid: child.pid,
    output: () => output,
    exited: () => child.exitCode !== null || child.signalCode !== null,
    async end(signal, graceMs = 20_000) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
      return child.exitCode;
    },
  };
}
