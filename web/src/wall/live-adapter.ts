import { LiveClient } from '../live/live-client.ts';
import type { ConsoleSocket } from '../live-state/console-socket.ts';
import type { LiveSource } from './live-port.ts';

/** Live pictures by WebRTC over the page's own link to the server. */
export function openLiveSource(socket: ConsoleSocket): LiveSource & { readonly close: () => void } {
  const client = new LiveClient((method, params) => socket.request(method, params));
  const unsubscribe = socket.onMessage((message) => client.receive(message));
  return {
    watch: (cameraId, quality) => client.watch(cameraId, quality),
    close: () => {
      unsubscribe();
      client.close();
    },
  };
}
