import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  parseSearchWith,
  redirect,
  stringifySearchWith,
} from '@tanstack/react-router';
import { parseAuditSearch } from '../admin/audit-search.ts';
import { parseNoticesSearch } from '../admin/notices-search.ts';
import { parseAlertSearch } from '../alerts/alert-search.ts';
import { parseCameraSearch } from '../camera/camera-search.ts';
import { parseHealthSearch } from '../health/health-search.ts';
import { parseDarkSearch } from '../incidents/dark-draft.ts';
import { parseReportSearch } from '../reports/report-search.ts';
import { parseStationSearch } from '../stations/station-search.ts';
import { parseApprovalSearch } from '../views/approval-queue.ts';
import { parseWallSearch } from '../wall/wall-search.ts';
import { NotFoundPage, RouteFault } from './fallback-pages.tsx';
import { homeOf, sessionQuery } from './session.ts';
import { Shell } from './shell.tsx';

interface RouterContext {
  readonly queryClient: QueryClient;
}

const rootRoute = createRootRouteWithContext<RouterContext>()({
  loader: ({ context }) => context.queryClient.ensureQueryData(sessionQuery),
  component: Shell,
  notFoundComponent: NotFoundPage,
  errorComponent: RouteFault,
});

const indexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: async ({ context }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery).catch(() => null);
    if (session !== null) throw redirect({ to: homeOf[session.role], replace: true });
  },
  component: () => null,
});

const wallRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/wall/$layout',
  validateSearch: parseWallSearch,
  component: lazyRouteComponent(() => import('../wall/wall-page.tsx'), 'WallPage'),
});

const wallIndexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/wall',
  beforeLoad: () => {
    throw redirect({ to: '/wall/$layout', params: { layout: '4' }, replace: true });
  },
});

const stationsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/stations',
  validateSearch: parseStationSearch,
  component: lazyRouteComponent(() => import('../stations/stations-page.tsx'), 'StationsPage'),
});

const stationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/stations/$code',
  component: lazyRouteComponent(() => import('../stations/station-page.tsx'), 'StationPage'),
});

const cameraRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/cameras/$id',
  validateSearch: parseCameraSearch,
  component: lazyRouteComponent(() => import('../camera/camera-page.tsx'), 'CameraPage'),
});

const alertsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/alerts',
  validateSearch: parseAlertSearch,
  component: lazyRouteComponent(() => import('../alerts/alerts-page.tsx'), 'AlertsPage'),
});

const expectedDarkRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/expected-dark',
  validateSearch: parseDarkSearch,
  component: lazyRouteComponent(
    () => import('../incidents/expected-dark-page.tsx'),
    'ExpectedDarkPage',
  ),
});

const phasesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/phases',
  component: lazyRouteComponent(() => import('../phases/phases-page.tsx'), 'PhasesPage'),
});

const reportsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/reports',
  validateSearch: parseReportSearch,
  component: lazyRouteComponent(() => import('../reports/reports-page.tsx'), 'ReportsPage'),
});

const noticesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/admin/notices',
  validateSearch: parseNoticesSearch,
  component: lazyRouteComponent(() => import('../admin/notices-page.tsx'), 'NoticesPage'),
});

const usersRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/admin/users',
  component: lazyRouteComponent(() => import('../admin/users-page.tsx'), 'UsersPage'),
});

const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/admin/audit',
  validateSearch: parseAuditSearch,
  component: lazyRouteComponent(() => import('../admin/audit-page.tsx'), 'AuditPage'),
});

const importRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/admin/import',
  component: lazyRouteComponent(() => import('../plan/import-page.tsx'), 'ImportPage'),
});

const healthRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/health',
  validateSearch: parseHealthSearch,
  component: lazyRouteComponent(() => import('../health/health-page.tsx'), 'HealthPage'),
});

const approvalsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/approvals',
  validateSearch: parseApprovalSearch,
  component: lazyRouteComponent(() => import('../views/approvals-page.tsx'), 'ApprovalsPage'),
});

const discoveryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/discovery',
  component: lazyRouteComponent(() => import('../discovery/discovery-page.tsx'), 'DiscoveryPage'),
});

const routeTree = rootRoute.addChildren([
  indexRoute,
  wallIndexRoute,
  wallRoute,
  stationsRoute,
  stationRoute,
  cameraRoute,
  alertsRoute,
  expectedDarkRoute,
  phasesRoute,
  reportsRoute,
  noticesRoute,
  usersRoute,
  auditRoute,
  importRoute,
  healthRoute,
  approvalsRoute,
  discoveryRoute,
]);

/** The console's router; search parameters stay plain text in the address. */
export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    scrollRestoration: false,
    parseSearch: parseSearchWith((text) => text),
    stringifySearch: stringifySearchWith(String),
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
