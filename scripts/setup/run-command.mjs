import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));
/** What belongs to this checkout alone and may be deleted at any time. */
export const cacheFolder = join(root, '.cache');

const heartbeatMs = 15_000;
const startedMs = Date.now();

/** One line for the person who waits. Standard error: standard output is the product's. */
export function say(line) {
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  process.stderr.write(`[set-up ${String(seconds).padStart(3)} s] ${line}\n`);
}

/** Commands under way: they end with us. */
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill();
});

/** A failure with a text for the person; everything else is a defect of the set-up. */
export class SetupError extends Error {}

/**
 * Runs a command to its end without input and resolves to the end of its output; says every 15 s that it
 * still runs (`what`), and rejects with the last lines when it fails. `onLine` gets each line.
 */
export function runCommand(command, args, { cwd = root, env, timeoutMs, what, onLine } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd,
      env: env ?? process.env,
      timeout: timeoutMs,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const commandStartedMs = Date.now();
    const heartbeat = setInterval(() => {
      const seconds = Math.round((Date.now() - commandStartedMs) / 1000);
      if (what) say(`${what}: still at it after ${seconds} s`);
    }, heartbeatMs);
    let tail = '';
    let partial = '';
    const keep = (chunk) => {
      tail = (tail + chunk).slice(-8000);
      logOutput(chunk);
    };
    logOutput(`\n$ ${[command, ...args].join(' ')}\n`);
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      keep(chunk);
      const lines = (partial + chunk).split(/[\r\n]/);
      partial = lines.pop() ?? '';
      for (const line of lines) onLine?.(line);
    });
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => {
      running.delete(child);
      clearInterval(heartbeat);
      fail(error);
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      clearInterval(heartbeat);
      if (code === 0) return done(tail);
      const lines = tail.trim().split('\n').slice(-15).join('\n');
      fail(new SetupError(`${command} ended with ${signal ?? `code ${code}`}:\n${lines}`));
    });
  });
}

/** The whole output of every step, for the case that the last lines do not tell enough. */
function logOutput(text) {
  mkdirSync(cacheFolder, { recursive: true });
  appendFileSync(join(cacheFolder, 'setup.log'), text);
}
