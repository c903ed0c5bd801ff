import { writeFileSync } from 'node:fs';
import type { CameraProbeView, CameraView } from '@nigehban/domain/api/http-types.ts';
import type { CameraHistory, ResealReport } from '@nigehban/domain/api/lifecycle-types.ts';
import type {
  CameraPolicyView,
  PingView,
  RebootView,
  TimeView,
  TryCredentialsView,
} from '@nigehban/domain/api/tool-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';
import type { Command } from '../cli-arguments.ts';
import { type ApiClient, signInTo } from './api-client.ts';

type CameraCommand = Extract<Command, { kind: 'camera' }>;
type Say = (line: string) => void;

/**
 * Runs one of the technician's tools through a running server. True when the camera is well by it.
 * @throws Fault of the server; CAMERA_UNKNOWN, REQUEST_INVALID
 */
export async function runCameraTool(
  command: CameraCommand,
  environment: NodeJS.ProcessEnv,
  say: Say,
): Promise<boolean> {
  const api = await signInTo(command.server, command.user, environment);
  try {
    const base = `/api/cameras/${await findCamera(api, command.code)}`;
    switch (command.tool) {
      case 'ping':
        return tellPing(await api.json<PingView>('POST', `${base}/tools/ping`), say);
      case 'probe':
        return tellProbe(await api.json<CameraProbeView>('POST', `${base}/tools/probe`), say);
      case 'time': {
        const view = await api.json<TimeView>('POST', `${base}/tools/time`);
        say(`the clock was ${seconds(view.beforeMs)} off and is ${seconds(view.afterMs)} off now`);
        return true;
      }
      case 'reboot': {
        if (!command.confirm) {
          throw new Fault(
            'REQUEST_INVALID',
            'A reboot stops recording for about a minute: add --confirm',
          );
        }
        const body = { confirm: true };
        const view = await api.json<RebootView>('POST', `${base}/tools/reboot`, body);
        say(`the camera says: ${view.message}`);
        return true;
      }
      case 'snapshot': {
        const file = command.out ?? `${command.code}.jpg`;
        const jpeg = await api.bytes('POST', `${base}/tools/snapshot`);
        writeFileSync(file, jpeg);
        say(`${file}: ${jpeg.length} bytes`);
        return true;
      }
      case 'credentials':
        return await tryCredentials(api, base, environment, say);
      case 'history':
        tellHistory(await api.json<CameraHistory>('GET', `${base}/history`), say);
        return true;
      case 'policy':
        return tellPolicy(await api.json<CameraPolicyView>('GET', `${base}/policy`), say);
    }
  } finally {
    await api.signOut();
  }
}

/** Seals everything with the server's current key. True when nothing is left that needs a former one. */
export async function runReseal(
  command: Extract<Command, { kind: 'reseal' }>,
  environment: NodeJS.ProcessEnv,
  say: Say,
): Promise<boolean> {
  const api = await signInTo(command.server, command.user, environment);
  try {
    const report = await api.json<ResealReport>('POST', '/api/credentials/reseal');
    say(`${report.resealed} cameras sealed with the current key`);
    for (const code of report.lost) say(`${code}: opens with no key; give it credentials again`);
    if (report.done) say('NIGEHBAN_SECRET_KEYS_OLD may be removed');
    return report.done;
  } finally {
    await api.signOut();
  }
}

async function findCamera(api: ApiClient, code: string): Promise<number> {
  const cameras = await api.json<readonly CameraView[]>('GET', '/api/cameras');
  const camera = cameras.find((one) => one.code.toLowerCase() === code.toLowerCase());
  if (camera !== undefined) return camera.id;
  // Spares and retired ones serve nowhere, and have a history all the same.
  const assets = await api.json<readonly { id: number; code: string }[]>('GET', '/api/assets');
  const asset = assets.find((one) => one.code.toLowerCase() === code.toLowerCase());
  if (asset === undefined) throw new Fault('CAMERA_UNKNOWN', `There is no camera ${code}`);
  return asset.id;
}

function tellPing({ ports }: PingView, say: Say): boolean {
  for (const { port, connectMs, fault } of ports) {
    say(`port ${port}: ${fault === null ? `${connectMs} ms` : fault.message}`);
  }
  return ports.every(({ fault }) => fault === null);
}

function tellProbe(view: CameraProbeView, say: Say): boolean {
  const { identity, clockOffsetMs } = view;
  for (const { operation, durationMs, fault } of view.calls) {
    const end = fault === null ? 'ok' : `${fault.code}: ${fault.message}`;
    say(`${operation.padEnd(28)} ${String(Math.round(durationMs)).padStart(6)} ms  ${end}`);
  }
  if (identity !== null) {
    const { manufacturer, model, firmware, serial, mac } = identity;
    say(
      `${manufacturer} ${model}, firmware ${firmware}, serial ${serial ?? '?'}, MAC ${mac ?? '?'}`,
    );
  }
  if (clockOffsetMs !== null) say(`clock: ${seconds(clockOffsetMs)} off`);
  if (view.fault === null) return true;
  say(`${view.fault.code}: ${view.fault.message}`);
  say(view.fault.nextAction);
  return false;
}

async function tryCredentials(
  api: ApiClient,
  base: string,
  environment: NodeJS.ProcessEnv,
  say: Say,
): Promise<boolean> {
  const username = environment.NIGEHBAN_CAMERA_USERNAME;
  const password = environment.NIGEHBAN_CAMERA_PASSWORD;
  if (username === undefined || password === undefined) {
    const names = 'NIGEHBAN_CAMERA_USERNAME and NIGEHBAN_CAMERA_PASSWORD';
    throw new Fault('REQUEST_INVALID', `Set ${names}: they are tried once`);
  }
  const body = { username, password, store: true };
  const view = await api.json<TryCredentialsView>('POST', `${base}/tools/credentials`, body);
  say(view.accepted ? 'accepted, and kept for this camera' : 'the camera refuses them');
  return view.accepted;
}

function tellHistory({ asset, assignments, events, views }: CameraHistory, say: Say): void {
  const { manufacturer, model, serial, mac } = asset;
  say(`${asset.code}: ${asset.lifecycle}, ${manufacturer ?? '?'} ${model ?? ''}`.trimEnd());
  say(`serial ${serial ?? '?'}, MAC ${mac ?? '?'}`);
  const lines = [
    ...assignments.flatMap((one) => [
      {
        atMs: one.fromMs,
        text:
          `serves ${one.stationCode} ${one.placement}${one.booth === null ? '' : ` ${one.booth}`}` +
          ` (${one.approvedBy ?? 'plan'}${one.reason === null ? '' : `: ${one.reason}`})`,
      },
      ...(one.toMs === null
        ? []
        : [
            {
              atMs: one.toMs,
              text:
                `ends at ${one.stationCode} by ${one.endedHow ?? '?'}` +
                ` (${one.endedBy ?? 'plan'}${one.endReason === null ? '' : `: ${one.endReason}`})`,
            },
          ]),
    ]),
    ...events.map(({ atMs, kind, actor, details }) => {
      const told = Object.entries(details)
        .filter(([, value]) => value !== null)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ');
      return { atMs, text: `${kind}${told === '' ? '' : `: ${told}`} (${actor ?? 'system'})` };
    }),
    ...views.map(({ takenAtMs, takenBy, state, approvals, rejection }) => {
      const by = approvals.map((approval) => approval.by).join(' and ');
      const end = rejection === null ? by : `${rejection.by}: ${rejection.reason}`;
      return {
        atMs: takenAtMs,
        text: `view by ${takenBy}: ${state}${end === '' ? '' : ` (${end})`}`,
      };
    }),
  ];
  for (const { atMs, text } of lines.sort((a, b) => b.atMs - a.atMs)) {
    say(`${new Date(atMs).toISOString()}  ${text}`);
  }
}

function tellPolicy({ report, passwordPending }: CameraPolicyView, say: Say): boolean {
  if (passwordPending) say('a change of password is under way');
  if (report === null) {
    say('not held against a policy yet');
    return true;
  }
  say(`${report.corrected ? 'set' : 'compared'} ${new Date(report.checkedAtMs).toISOString()}`);
  for (const { item, wanted, found, outcome, fault } of report.items) {
    const end = fault === null ? '' : ` (${fault.message})`;
    say(`  ${item.padEnd(24)} ${outcome.padEnd(12)} wanted ${wanted}, found ${found ?? '?'}${end}`);
  }
  if (report.fault !== null) say(`  ${report.fault}: ${report.evidence ?? ''}`);
  return report.fault === null && report.differs === 0;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
