import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react';
import { useServices } from '../app/services.tsx';
import type { ConsoleSocket } from '../live-state/console-socket.ts';
import { HeardCameraProvider } from './heard-camera.tsx';
import type { LiveSource } from './live-port.ts';

const Context = createContext<LiveSource | null>(null);

interface ClosableSource extends LiveSource {
  readonly close: () => void;
}

/** The live client is loaded when the first picture is wanted: 35 kB that lists do not need. */
function createLiveSource(socket: ConsoleSocket): ClosableSource {
  let client: Promise<ClosableSource> | null = null;
  const open = (): Promise<ClosableSource> => {
    client ??= import('./live-adapter.ts').then((module) => module.openLiveSource(socket));
    return client;
  };
  return {
    watch: async (cameraId, quality) => (await open()).watch(cameraId, quality),
    close: () => {
      void client?.then((opened) => opened.close());
      client = null;
    },
  };
}

/** One receive side for all tiles of a page, of which one is heard; closed when the page is left. */
export function LiveSourceProvider(props: { readonly children: ReactNode }) {
  const { socket } = useServices();
  const source = useMemo(() => createLiveSource(socket), [socket]);
  useEffect(() => () => source.close(), [source]);
  return (
    <Context value={source}>
      <HeardCameraProvider>{props.children}</HeardCameraProvider>
    </Context>
  );
}

export function useLiveSource(): LiveSource {
  const source = useContext(Context);
  if (source === null) throw new Error('useLiveSource outside LiveSourceProvider');
  return source;
}
