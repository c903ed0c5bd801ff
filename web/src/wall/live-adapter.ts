import type { ConsoleSocket } from '../live-state/console-socket.ts';
import type { LiveSource } from './live-port.ts';
export function openLiveSource(_socket: ConsoleSocket): LiveSource & { close: () => void } {
  return { watch: () => Promise.reject(new Error('not yet')), close: () => undefined };
}
