import type { SessionView } from '@nigehban/domain/api/http-types.ts';
import { useQueryClient } from '@tanstack/react-query';
import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { AlertAnnouncer } from '../alerts/alert-announcer.tsx';
import { alertApi, loadOpenAlerts } from '../alerts/alert-api.ts';
import { NoticeToasts } from '../alerts/notice-toasts.tsx';
import { api } from '../api/api-client.ts';
import { useI18n } from '../i18n/i18n.tsx';
import type { MessageKey } from '../i18n/messages.ts';
import { startFleetSync } from '../live-state/fleet-sync.ts';
import { SignInPage } from '../sign-in/sign-in-page.tsx';
import { acceptsSingleKeys, isKey, useHotkeys } from './hotkeys.ts';
import { LinkBanner } from './link-banner.tsx';
import { NavRail } from './nav-rail.tsx';
import { useFleet, useServices } from './services.tsx';
import { sessionQuery, useSession } from './session.ts';
import styles from './shell.module.css';
import { ShellHeader } from './shell-header.tsx';

const loadPalette = () => import('../palette/palette.tsx');
const Palette = lazy(async () => ({ default: (await loadPalette()).Palette }));
const HelpDialog = lazy(async () => ({ default: (await import('./help-dialog.tsx')).HelpDialog }));

const OwnPasswordPage = lazy(async () => ({
  default: (await import('../admin/own-password.tsx')).OwnPasswordPage,
}));

const reloadAfterMs = 3_000;
const palettePreloadMs = 1_500;

/** The frame around every page: sign-in when nobody is, else navigation, header and the page. */
export function Shell() {
  const session = useSession();
  const [wasSignedIn, setWasSignedIn] = useState(session !== null);
  if (session !== null && !wasSignedIn) setWasSignedIn(true);
  if (session === null) return <SignInPage ended={wasSignedIn} />;
  if (session.mustChangePassword) {
    return (
      <Suspense>
        <OwnPasswordPage displayName={session.displayName} />
      </Suspense>
    );
  }
  return <SignedInShell session={session} />;
}

function useLinkToServer(): void {
  const { socket, store, clock } = useServices();
  const queryClient = useQueryClient();
  useEffect(() => {
    const stopSync = startFleetSync({
      socket,
      store,
      clock,
      loadLists: async () => {
        const [stations, cameras, openAlerts, openIncidents] = await Promise.all([
          api.stations(),
          api.cameras(),
          loadOpenAlerts(),
          alertApi.incidents('open', { limit: 1_000 }),
        ]);
        return { stations, cameras, openAlerts, openIncidents };
      },
      later: (run) => setTimeout(run, reloadAfterMs),
    });
    // A link that breaks may mean that the session ended: ask, and the sign-in page appears.
    const stopState = socket.onStateChange(() => {
      if (socket.state === 'lost' || socket.state === 'closed') {
        void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
      }
    });
    const online = () => socket.retryNow();
    window.addEventListener('online', online);
    socket.start();
    return () => {
      window.removeEventListener('online', online);
      stopState();
      stopSync();
      socket.stop();
      store.clear();
    };
  }, [socket, store, clock, queryClient]);
}

function SignedInShell(props: { readonly session: SessionView }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const [overlay, setOverlay] = useState<'palette' | 'help' | null>(null);
  useLinkToServer();
  usePageTitle();
  usePaletteKey(() => setOverlay('palette'));
  // Fetched ahead: who presses Ctrl+K types on, and what is typed while it loads would be lost.
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette(), palettePreloadMs);
    return () => clearTimeout(timer);
  }, []);
  useGoKeys((to) => void navigate({ to }));
  useHotkeys([{ keys: ['?'], run: () => setOverlay('help') }]);
  return (
    <div className={styles.shell}>
      <a href="#content" className={styles.skip}>
        {t('app.skip')}
      </a>
      <NavRail session={props.session} />
      <ShellHeader
        session={props.session}
        onSearch={() => setOverlay('palette')}
        onHelp={() => setOverlay('help')}
      />
      <LinkBanner />
      <main id="content" className={styles.content} tabIndex={-1}>
        <Outlet />
      </main>
      <AlertAnnouncer />
      <NoticeToasts />
      <Suspense>
        {overlay === 'palette' && <Palette onClose={() => setOverlay(null)} />}
        {overlay === 'help' && <HelpDialog onClose={() => setOverlay(null)} />}
      </Suspense>
    </div>
  );
}

const pageNames: Readonly<Record<string, MessageKey>> = {
  wall: 'nav.wall',
  stations: 'nav.stations',
  cameras: 'station.cameras',
  health: 'health.title',
  approvals: 'views.title',
  discovery: 'nav.discovery',
  alerts: 'nav.alerts',
  'expected-dark': 'expected.title',
  phases: 'phases.title',
  reports: 'reports.title',
};

/** The window's title: what page this is, and how many alerts wait even when it is behind others. */
function usePageTitle(): void {
  const { t } = useI18n();
  const { unacknowledged } = useFleet();
  const page = useRouterState({ select: (state) => state.location.pathname.split('/')[1] ?? '' });
  const name = pageNames[page];
  useEffect(() => {
    const waiting = unacknowledged > 0 ? `(${unacknowledged}) ` : '';
    document.title = `${waiting}${name === undefined ? '' : `${t(name)} · `}${t('app.name')}`;
  }, [unacknowledged, name, t]);
}

function usePaletteKey(open: () => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      if (event.key.toLowerCase() !== 'k' && event.code !== 'KeyK') return;
      event.preventDefault();
      open();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  });
}

const destinations: Readonly<Record<string, '/wall' | '/stations' | '/alerts'>> = {
  w: '/wall',
  s: '/stations',
  a: '/alerts',
};
const chordMs = 1_500;

/** G, then W, S or A. Listens before the pages do: the second letter means something there too. */
function useGoKeys(go: (to: '/wall' | '/stations' | '/alerts') => void): void {
  const navigate = useRef(go);
  useEffect(() => {
    navigate.current = go;
  });
  useEffect(() => {
    let pressedAtMs = Number.NEGATIVE_INFINITY;
    const listen = (event: KeyboardEvent): void => {
      if (!acceptsSingleKeys(event)) return;
      const pending = performance.now() - pressedAtMs < chordMs;
      pressedAtMs = isKey(event, 'g') ? performance.now() : Number.NEGATIVE_INFINITY;
      const letter = Object.keys(destinations).find((key) => isKey(event, key));
      const to = letter === undefined ? undefined : destinations[letter];
      if (!pending || to === undefined) return;
      event.preventDefault();
      navigate.current(to);
    };
    window.addEventListener('keydown', listen, true);
    return () => window.removeEventListener('keydown', listen, true);
  }, []);
}
