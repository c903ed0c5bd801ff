import { randomUUID } from 'node:crypto';
import { Fault } from '@nigehban/domain/faults.ts';
import type { NodeFact } from '@nigehban/domain/link-messages.ts';
import type { DeclaredRoute } from './http/access.ts';
import { createApp } from './http/app.ts';
import type { App } from './http/app-type.ts';
import { createNodeFootage } from './http/node-footage.ts';
import { guardPictures } from './http/picture-access.ts';
import { addCameraRoutes } from './http/routes/camera-routes.ts';
import { addDistrictRoutes } from './http/routes/district-routes.ts';
import { addSessionRoutes } from './http/routes/session-routes.ts';
import { addStatusRoutes } from './http/routes/status-routes.ts';
import { addTransportRoutes } from './http/routes/transport-routes.ts';
import { serveUpgrades } from './http/serve-upgrades.ts';
import { createLinkServer } from './link/link-server.ts';
import { createLinkedAnywhere } from './link/linked-anywhere.ts';
import type { NodeConnection } from './link/node-connection.ts';
import { addAdminParts } from './parts/admin-parts.ts';
import { startAlertParts } from './parts/alert-parts.ts';
import { startDiscoveryParts } from './parts/discovery-parts.ts';
import { addFootageParts } from './parts/footage-parts.ts';
import { startHealthParts } from './parts/health-parts.ts';
import { addLifecycleParts } from './parts/lifecycle-parts.ts';
import { addListeningParts } from './parts/listening-parts.ts';
import { addMachineParts, createNodeReports } from './parts/machine-parts.ts';
import { startNoticeParts } from './parts/notice-parts.ts';
import { addPlanParts } from './parts/plan-parts.ts';
import { addViewParts, type ViewParts } from './parts/view-parts.ts';
import { openLinkExchange } from './queue/link-exchange.ts';
import type { ServerPorts, ServerSettings } from './server-settings.ts';
import { type Change, followChanges } from './store/change-feed.ts';
import type { Sql } from './store/database.ts';
import { createGatewayQuestions } from './use-cases/ask-gateway.ts';
import { createCameraDirectory } from './use-cases/camera-directory.ts';
import type { CredentialBreaker } from './use-cases/credential-breaker.ts';
import { createListeningGate } from './use-cases/gate-listening.ts';
import { guardGateway } from './use-cases/guard-gateway.ts';
import { startNodeInformer } from './use-cases/inform-nodes.ts';
import { createLiveSessions } from './use-cases/live-sessions.ts';
import type { Registration } from './use-cases/register-cameras.ts';
import { readSession } from './use-cases/sign-in.ts';
import { createViewGate } from './use-cases/view-gate.ts';
import { createBrowserHub } from './ws/browser-hub.ts';
import { createChangePusher } from './ws/push-changes.ts';

export interface ServerParts {
  readonly app: App;
  readonly declared: readonly DeclaredRoute[];
  readonly registration: Registration;
  readonly stop: () => Promise<void>;
}

const defaults = {
  sessionForMs: 12 * 3_600_000,
  requestsPerMinute: 3_000,
  reportWithinMs: 60_000,
  nodeLeaseMs: 30_000,
  registrationRetryMs: 15_000,
  queuePrefix: 'nigehban',
} as const;

/** Puts the server's parts together on a migrated database. Nothing listens yet. */
export async function buildServer(
  sql: Sql,
  settings: ServerSettings,
  { clock, log }: ServerPorts,
): Promise<ServerParts> {
  const startedAtMs = clock.nowMs();
  const serverId = randomUUID();
  const allowedOrigins = settings.allowedOrigins ?? [];
  const queuePrefix = settings.queuePrefix ?? defaults.queuePrefix;
  const { redisUrl, secretKey } = settings;
  const nodeLeaseMs = settings.nodeLeaseMs ?? defaults.nodeLeaseMs;
  const reports = createNodeReports(log);
  const directory = createCameraDirectory(sql, secretKey, log);
  await directory.load();
  const nodeOf = (cameraId: number) => directory.find(cameraId)?.asset.nodeId ?? null;

  const link = createLinkServer({
    clusterKey: settings.clusterKey,
    clock,
    log,
    events: {
      linked(node) {
        if (node.hello.role === 'media') reports.forget(node.hello.nodeId);
        else discovery.wake();
        exchange.changed();
        health.linked(node);
        receive(node, node.hello.snapshot);
        informer.linked(node);
      },
      facts: (node, facts) => receive(node, facts),
      unlinked(node) {
        if (node.hello.role === 'media') reports.forget(node.hello.nodeId);
        exchange.changed();
        health.unlinked(node);
        informer.unlinked(node);
      },
    },
  });
  const exchange = openLinkExchange({
    ...{ clock, log, serverId },
    redisUrl,
    prefix: queuePrefix,
    linkedHere: () => [...link.nodes('media'), ...link.nodes('gateway')].map(({ hello }) => hello),
    answer: link.answer,
    onLiveClosed: (nodeId, fact) => hub.liveClosed(nodeId, fact),
  });
  const anywhere = createLinkedAnywhere(link, exchange);
  const { requestGateway, requestNode } = anywhere;
  const gate = createViewGate({ sql, clock, policy: settings.viewApproval ?? 'required' });
  const listening = createListeningGate({
    ...{ sql, clock, log },
    codeOf: (cameraId) => directory.find(cameraId)?.asset.code ?? null,
  });
  const live = createLiveSessions({
    createId: randomUUID,
    monotonicMs: clock.monotonicMs,
    listening,
    requireVisible: gate.now,
    nodeOf(cameraId) {
      const nodeId = directory.get(cameraId).asset.nodeId;
      if (nodeId === null || !anywhere.isLinked('media', nodeId)) {
        throw new Fault('LIVE_UNAVAILABLE', 'The media node of this camera is not linked');
      }
      return nodeId;
    },
    requestNode,
  });
  const hub = createBrowserHub({
    clock,
    log,
    live,
    readSession: (token) => readSession(sql, token, clock.nowMs()),
  });
  let breaker: CredentialBreaker | null = null;
  const gateway = createGatewayQuestions({
    clock,
    directory,
    requestGateway: guardGateway(requestGateway, () => breaker),
  });
  const health = await startHealthParts({
    ...{ sql, clock, log },
    serverId,
    redisUrl,
    queuePrefix,
    nodeLeaseMs,
    directory,
    link,
    breaker: () => breaker,
    async probe(cameraId) {
      const outcome = await gateway.check(cameraId);
      const isStranger = outcome.kind === 'failed' && outcome.fault === 'CAMERA_IDENTITY_MISMATCH';
      if (isStranger) void discovery.verify(cameraId);
      return outcome;
    },
  });
  const { monitor } = health;
  const receive = (node: NodeConnection, facts: readonly NodeFact[]) => {
    const { nodeId, role } = node.hello;
    discovery.facts(facts);
    if (role === 'gateway') health.gatewayFacts(facts);
    if (role !== 'media') return;
    monitor.facts(nodeId, facts);
    reports.facts(nodeId, facts);
    for (const fact of facts) {
      if (fact.kind === 'key-frame-wanted') gateway.wantKeyFrame(fact.cameraId, fact.quality);
      if (fact.kind === 'live-closed') {
        hub.liveClosed(nodeId, fact);
        exchange.liveClosed(nodeId, fact);
      }
    }
  };
  const notices = startNoticeParts({
    ...{ sql, clock, log },
    secretKey,
    redisUrl,
    queuePrefix,
    random: Math.random,
  });
  const alerts = startAlertParts({
    ...{ sql, clock, log },
    redisUrl,
    queuePrefix,
    serverId,
    handlers: notices.handlers,
  });
  const discovery = await startDiscoveryParts({
    ...{ sql, clock, log },
    secretKey,
    directory,
    requestGateway,
    gateways: () => link.nodes('gateway').length,
    serverId,
    gatewayServers: () => exchange.others('gateway').map((node) => node.serverId),
    retryMs: settings.registrationRetryMs ?? defaults.registrationRetryMs,
  });
  const { registration } = discovery;
  breaker = discovery.breaker;
  const informer = startNodeInformer({
    ...{ sql, clock, log },
    directory,
    nodeLeaseMs,
    breaker: discovery.breaker,
    onLoaded() {
      registration.wake();
      health.planLoaded();
    },
  });
  const pusher = createChangePusher({ sql, clock, log, cameraDelta: health.delta, hub });
  let viewParts: ViewParts | null = null;
  let hearing: ReturnType<typeof addListeningParts> | null = null;
  const stopFollowing = await followChanges(sql, (change: Change) => {
    alerts.changed(change);
    discovery.breaker.changed(change);
    if (change.topic === 'plan' || change.topic === 'resumed') informer.planChanged();
    if (change.topic === 'holds' || change.topic === 'resumed') informer.holdsChanged();
    if (change.topic === 'phases' || change.topic === 'resumed') informer.phasesChanged();
    if (change.topic === 'notice') {
      const { username, id, subject, text } = change;
      hub.notify(username, { type: 'notice', id, subject, text });
    }
    pusher.changed(change);
    viewParts?.changed(change);
    hearing?.changed(change);
  });
  // Told between its loading and here, it was told to nobody.
  discovery.breaker.changed({ topic: 'resumed' });

  const nodeFootage = createNodeFootage({
    sql,
    clusterKey: settings.clusterKey,
    linkedFootageUrl: (nodeId) => link.node(nodeId)?.hello.footageUrl ?? null,
  });
  const { app, declared } = await createApp({
    ...{ sql, clock, log },
    version: settings.version,
    webRoot: settings.webRoot,
    allowedOrigins,
    trustProxy: settings.trustProxy ?? false,
    requestsPerMinute: settings.requestsPerMinute ?? defaults.requestsPerMinute,
  });
  guardPictures(app, gate);
  addSessionRoutes(app, {
    sql,
    clock,
    cookieSecure: settings.cookieSecure,
    sessionForMs: settings.sessionForMs ?? defaults.sessionForMs,
    onSignedOut: hub.signedOut,
  });
  health.addRoutes(app);
  addStatusRoutes(app, { sql, monitor, viewApproval: gate.policy });
  viewParts = addViewParts(app, {
    ...{ sql, clock, log, gate, hub, requestGateway },
    requestGatewayOf: anywhere.requestGatewayOf,
    stillCameras: health.stillCameras,
    viewEveryMs: () => health.watchPolicy()?.viewEveryMs ?? null,
    snapshot: gateway.freshSnapshot,
    nodes: nodeFootage,
    recordingNode: nodeOf,
  });
  hearing = addListeningParts(app, { sql, clock, log, hub });
  discovery.addRoutes(app);
  addCameraRoutes(app, { registration, snapshot: gateway.snapshot });
  const lifecycle = addLifecycleParts(app, {
    ...{ sql, clock, log, directory, requestGateway, secretKey },
    viewApproval: gate.policy,
    gatewayLinked: () => link.nodes('gateway').length > 0,
    probe: registration.probe,
    snapshot: gateway.freshSnapshot,
  });
  const footage = addFootageParts(app, {
    ...{ sql, clock, log, redisUrl, queuePrefix },
    nodes: nodeFootage,
    recordingNode: nodeOf,
  });
  addTransportRoutes(app, { sql, clock });
  alerts.addRoutes(app);
  notices.addRoutes(app);
  addDistrictRoutes(app, sql);
  const admin = addAdminParts(app, {
    ...{ sql, clock, log, serverId },
    onSessionsEnded: hub.sessionsEnded,
    reportWithinMs: settings.reportWithinMs ?? defaults.reportWithinMs,
  });
  const plans = addPlanParts(app, { sql, clock, log, settings });
  addMachineParts(app, {
    ...{ sql, clock, startedAtMs, link, reports },
    version: settings.version,
    metricsKey: settings.clusterKey,
    metricsOnLoopback: settings.metricsOnLoopback ?? false,
    queue: alerts.queue,
    counters: () => monitor.counters(),
    wsClients: hub.clients,
  });
  const trustProxy = settings.trustProxy ?? false;
  serveUpgrades(app, { sql, clock, log, allowedOrigins, trustProxy, link, hub });

  const stop = async () => {
    await footage.stop();
    await plans.stop();
    await admin.stop();
    await discovery.stop();
    await viewParts?.stop();
    await lifecycle.stop();
    await pusher.stop();
    await hub.stop();
    await listening.stop();
    await exchange.stop();
    await link.stop();
    await app.close();
    await informer.stop();
    await health.stop();
    await alerts.stop();
    await notices.stop();
    await stopFollowing().catch(() => {});
    await sql.end({ timeout: 5 });
  };
  return { app, declared, registration, stop };
}
