import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@nigehban/config/log/logger.ts';
import type { LogLevel } from '@nigehban/config/settings/settings.ts';
import { Fault, type FaultMessage } from '@nigehban/domain/faults.ts';
import type { ChainEntry } from '@nigehban/domain/footage.ts';
import type { NodeFact, StreamOrder } from '@nigehban/domain/link-messages.ts';
import { recorderProcessOptions } from '@nigehban/recorder/process-options.ts';
import {
  type EngineMethod,
  type EngineMethods,
  type EngineOrder,
  type EngineReport,
  pulseEveryMs,
} from './engine-messages.ts';
import type { EngineSettings } from './media-engine.ts';

export interface EngineSlotPorts {
  readonly log: Logger;
  readonly logLevel: LogLevel;
  /** A process without a sign of life for so long is ended and replaced. */
  readonly frozenAfterMs: number;
  readonly onFacts: (facts: readonly NodeFact[]) => void;
  readonly onEntry: (entry: ChainEntry) => void;
  /** The process is gone, and with it all that it told and held. */
  readonly onGone: () => void;
  readonly onStarted: (pid: number) => void;
  readonly onEnded: (pid: number) => void;
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (fault: Fault) => void;
}

const program = fileURLToPath(new URL('engine-process.ts', import.meta.url));
const firstPauseMs = 250;
const longestPauseMs = 30_000;
/** A process that lived so long did not fail for the reason it was started with. */
const steadyAfterMs = 60_000;
const stopWithinMs = 20_000;
/** Ends in a row after which the node says that it does not record as it should. */
const failingAfter = 3;

/**
 * One of a node's engine processes, kept running. Its successor starts only after its exit was seen,
 * so that no chain ever has two writers.
 */
export class EngineSlot {
  readonly number: number;
  readonly #settings: EngineSettings;
  readonly #ports: EngineSlotPorts;
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #ready = false;
  #orders: readonly StreamOrder[] = [];
  #calls = 0;
  #endsInRow = 0;
  #timer: NodeJS.Timeout | undefined;
  #steady: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;

  constructor(number: number, settings: EngineSettings, ports: EngineSlotPorts) {
    this.number = number;
    this.#settings = settings;
    this.#ports = ports;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the process serves. @throws Fault with which it refused to start. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#spawn(resolve, reject));
  }

  setOrders(orders: readonly StreamOrder[]): void {
    const same =
      orders.length === this.#orders.length &&
      orders.every((order, index) => order === this.#orders[index]);
    if (same) return;
    this.#orders = orders;
    if (this.#ready) this.#send({ kind: 'orders', orders });
  }

  /** Rejects with the process's own fault, or NODE_UNAVAILABLE while there is no process. */
  call<M extends EngineMethod>(
    method: M,
    params: EngineMethods[M][0],
  ): Promise<EngineMethods[M][1]> {
    if (!this.#ready) return Promise.reject(this.#unavailable());
    const id = ++this.#calls;
    return new Promise<EngineMethods[M][1]>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ kind: 'call', id, method, params });
    });
  }

  /** Ends the process in order; resolves when it is gone. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#send({ kind: 'stop' });
    const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    await gone;
    clearTimeout(timer);
  }

  #spawn(resolve: () => void = () => {}, reject: (error: unknown) => void = () => {}): void {
    const { log, logLevel } = this.#ports;
    const child = fork(program, [], {
      serialization: 'advanced',
      execArgv: [...recorderProcessOptions],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    let refusal: Fault | undefined;
    let pulses = 0;
    // Counted, not timed: after a sleep of the machine nobody is late.
    const watch = setInterval(() => {
      pulses += 1;
      if (pulses * pulseEveryMs < this.#ports.frozenAfterMs) return;
      log.error({ slot: this.number, pid: child.pid }, 'an engine process does not answer');
      child.kill('SIGKILL');
    }, pulseEveryMs);
    child.on('error', (error) => {
      log.error({ slot: this.number, err: error }, 'an engine process failed');
      // Without a process there is no exit to wait for.
      if (child.pid === undefined) ended('not started');
    });
    child.on('message', (message: EngineReport) => {
      pulses = 0;
      if (message.kind === 'failed') refusal = faultOf(message.fault);
      if (message.kind === 'ready') {
        this.#serve();
        resolve();
      }
      this.#receive(message);
    });
    let over = false;
    const ended = (how: string): void => {
      if (over) return;
      over = true;
      clearInterval(watch);
      clearTimeout(this.#steady);
      this.#child = undefined;
      this.#ready = false;
      if (child.pid !== undefined) this.#ports.onEnded(child.pid);
      for (const waiting of this.#waiting.values()) waiting.reject(this.#unavailable());
      this.#waiting.clear();
      this.#ports.onGone();
      reject(refusal ?? this.#unavailable());
      if (this.#stopping === undefined) this.#restart(how);
    };
    child.once('exit', (code, signal) => ended(signal ?? `code ${code}`));
    if (child.pid !== undefined) this.#ports.onStarted(child.pid);
    this.#send({ kind: 'start', settings: this.#settings, logLevel });
  }

  #serve(): void {
    this.#ready = true;
    this.#send({ kind: 'orders', orders: this.#orders });
    this.#steady = setTimeout(() => {
      if (this.#endsInRow >= failingAfter) {
        this.#ports.onFacts([{ kind: 'recording-well', atMs: Date.now() }]);
      }
      this.#endsInRow = 0;
    }, steadyAfterMs);
    this.#ports.log.info({ slot: this.number, pid: this.pid }, 'engine process runs');
  }

  #restart(how: string): void {
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#endsInRow, 10));
    this.#endsInRow += 1;
    const { log, onFacts } = this.#ports;
    log.error({ slot: this.number, how, pauseMs }, 'an engine process ended: it is started again');
    if (this.#endsInRow >= failingAfter) {
      const evidence = `Engine process ${this.number} of this node keeps ending (${how})`;
      onFacts([{ kind: 'recording-fault', fault: 'NODE_UNAVAILABLE', evidence, atMs: Date.now() }]);
    }
    this.#timer = setTimeout(() => this.#spawn(), pauseMs);
  }

  #receive(message: EngineReport): void {
    switch (message.kind) {
      case 'facts':
        this.#ports.onFacts(message.facts);
        return;
      case 'entry':
        this.#ports.onEntry(message.entry);
        return;
      case 'reply':
        this.#take(message.id)?.resolve(message.result as never);
        return;
      case 'refusal':
        this.#take(message.id)?.reject(faultOf(message.fault));
        return;
      case 'ready':
      case 'failed':
      case 'pulse':
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #send(message: EngineOrder): void {
    // What cannot be sent is lost with the process; its exit is seen.
    if (this.#child?.connected === true) this.#child.send(message, () => {});
  }

  #unavailable(): Fault {
    return new Fault('NODE_UNAVAILABLE', 'The process of this camera is being started again');
  }
}

function faultOf(message: FaultMessage): Fault {
  return new Fault(message.code, message.message, { details: message.details });
}
