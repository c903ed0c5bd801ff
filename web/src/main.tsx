import './styles/fonts.css';
import './styles/fonts-urdu.css';
import './styles/tokens.css';
import './styles/base.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ConsoleFault } from './api/console-fault.ts';
import { applyTheme, readTheme } from './app/preferences.ts';
import { createConsoleRouter } from './app/router.tsx';
import { ServicesProvider } from './app/services.tsx';
import { I18nProvider } from './i18n/i18n.tsx';
import { ConsoleSocket, openBrowserSocket } from './live-state/console-socket.ts';
import { FleetStore } from './live-state/fleet-store.ts';
import { ServerClock } from './live-state/server-clock.ts';

/** Lists are published at most this often while changes stream in. */
const publishEveryMs = 100;

function retryUnlessRefused(failures: number, fault: Error): boolean {
  return failures < 2 && fault instanceof ConsoleFault && fault.code === 'SERVER_UNREACHABLE';
}

function startConsole(root: HTMLElement): void {
  applyTheme(readTheme());
  const queryClient = new QueryClient({
    defaultOptions: {
      // `navigator.onLine` knows nothing of a control room's own network.
      queries: { networkMode: 'always', retry: retryUnlessRefused, staleTime: 5_000 },
      mutations: { networkMode: 'always' },
    },
  });
  const services = {
    store: new FleetStore((run) => setTimeout(run, publishEveryMs)),
    clock: new ServerClock(Date.now),
    socket: new ConsoleSocket({
      open: openBrowserSocket,
      random: Math.random,
      setTimer: (run, delayMs) => setTimeout(run, delayMs),
      clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    }),
  };
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <I18nProvider>
          <ServicesProvider services={services}>
            <RouterProvider router={createConsoleRouter(queryClient)} />
          </ServicesProvider>
        </I18nProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}

const root = document.getElementById('root');
if (root !== null) startConsole(root);
