import { parseArgs } from 'node:util';
import { Fault } from '@nigehban/domain/faults.ts';

export const usage = `Usage: nigehban <command> [options]

  all       every role on this machine (what npm start runs)
              --plan FILE       stations and cameras from a CSV file
              --discover CIDR   find cameras in these networks (comma separated); their user name
                                and password come from NIGEHBAN_CAMERA_USERNAME and
                                NIGEHBAN_CAMERA_PASSWORD
              --multicast       also find cameras by WS-Discovery multicast
            Without a plan, networks or earlier data: an exercise with simulated stations.
  server    HTTP and ws API, console, alerts
  gateway   ONVIF: discovery, registration, verdicts
  media     records and relays the cameras that the server assigns to this node
  reindex   rebuilds the index of footage in PostgreSQL from the disk   [--footage DIR[,DIR]]
  verify    checks the hash chain of footage on disk, needs no server   [--footage DIR[,DIR]]
              --public-key FILE believe this key alone, not the one that lies beside the footage
              --export PATH     checks an export instead: its folder, or its manifest file with the
                                films beside it; needs --public-key, or the footage of its node
  verify-audit  checks the hash chain of the audit trail in PostgreSQL
              --head HASH       a hash that was noted earlier must still be in it
  import    loads a deployment plan (CSV or XLSX) into a running server   FILE
              --server URL      default http://127.0.0.1:8080
              --user NAME       default administrator; the password comes from NIGEHBAN_PASSWORD or
                                is asked for
              --apply           writes the good rows; without it (--dry-run) only the report is given
              --set-aside       leaves out the rows that block the plan, as other bad ones
              --remove          retires cameras that the plan names no more
  import-districts  loads the list of districts (CSV or XLSX: code, name, nameUr, division) into a
            running server                                  FILE [--server URL] [--user NAME]
              --apply           writes all of it; without it (--dry-run) only the report is given
              --remove          removes districts that the list does not name and that have no stations
  camera    asks one camera through a running server   CODE TOOL [--server URL] [--user NAME]
              ping              how long its ports take to answer
              probe             every ONVIF call with its answer
              time              sets its clock
              reboot            --confirm: recording stops for about a minute
              snapshot          --out FILE
              credentials       tries NIGEHBAN_CAMERA_USERNAME and NIGEHBAN_CAMERA_PASSWORD once
              policy            how it stands against its policy
              history           where it served, what happened to it
  reseal    seals all secrets with the current key   [--server URL] [--user NAME]
  help

Settings come from the environment: see .env.example.`;

const cameraTools = [
  'ping',
  'probe',
  'time',
  'reboot',
  'snapshot',
  'credentials',
  'policy',
  'history',
] as const;
export type CameraTool = (typeof cameraTools)[number];

export type Command =
  | {
      readonly kind: 'all';
      readonly plan: string | undefined;
      readonly discover: readonly string[];
      readonly multicast: boolean;
    }
  | { readonly kind: 'help' }
  | {
      readonly kind: 'import';
      readonly file: string;
      readonly server: string;
      readonly user: string;
      readonly apply: boolean;
      readonly setAside: boolean;
      readonly remove: boolean;
    }
  | {
      readonly kind: 'import-districts';
      readonly file: string;
      readonly server: string;
      readonly user: string;
      readonly apply: boolean;
      readonly remove: boolean;
    }
  | {
      readonly kind: 'camera';
      readonly code: string;
      readonly tool: CameraTool;
      readonly server: string;
      readonly user: string;
      readonly confirm: boolean;
      readonly out: string | undefined;
    }
  | { readonly kind: 'reseal'; readonly server: string; readonly user: string }
  | { readonly kind: 'server' | 'gateway' | 'media' }
  | { readonly kind: 'verify-audit'; readonly head: string | undefined }
  | { readonly kind: 'reindex'; readonly footage: string | undefined }
  | {
      readonly kind: 'verify';
      readonly footage: string | undefined;
      readonly publicKey: string | undefined;
      readonly exportPath: string | undefined;
    };

/** The command line as a command. @throws Fault REQUEST_INVALID that names what is wrong. */
export function parseCommand(args: readonly string[]): Command {
  const parsed = (() => {
    try {
      return parseArgs({
        args: [...args],
        allowPositionals: true,
        options: {
          plan: { type: 'string' },
          discover: { type: 'string', multiple: true },
          multicast: { type: 'boolean', default: false },
          footage: { type: 'string' },
          'public-key': { type: 'string' },
          export: { type: 'string' },
          head: { type: 'string' },
          server: { type: 'string', default: 'http://127.0.0.1:8080' },
          user: { type: 'string', default: 'administrator' },
          apply: { type: 'boolean', default: false },
          'dry-run': { type: 'boolean', default: false },
          'set-aside': { type: 'boolean', default: false },
          remove: { type: 'boolean', default: false },
          confirm: { type: 'boolean', default: false },
          out: { type: 'string' },
          help: { type: 'boolean', short: 'h', default: false },
        },
      });
    } catch (cause) {
      throw new Fault(
        'REQUEST_INVALID',
        cause instanceof Error ? cause.message : 'Unknown option',
        {
          cause,
        },
      );
    }
  })();
  const { values, positionals } = parsed;
  const [name = 'help', ...rest] = positionals;
  if (values.help) return { kind: 'help' };
  if (name === 'import' || name === 'import-districts') return importCommand(name, rest, values);
  if (name === 'camera') return cameraCommand(rest, values);
  if (rest.length > 0) throw new Fault('REQUEST_INVALID', `Unexpected argument: ${rest.join(' ')}`);
  switch (name) {
    case 'all':
      return {
        kind: 'all',
        plan: values.plan,
        discover: (values.discover ?? [])
          .flatMap((text) => text.split(','))
          .filter((s) => s !== ''),
        multicast: values.multicast,
      };
    case 'server':
    case 'gateway':
    case 'media':
      return { kind: name };
    case 'help':
      return { kind: 'help' };
    case 'reseal':
      return { kind: name, server: urlOf(values.server), user: values.user };
    case 'verify-audit':
      return { kind: name, head: values.head?.toLowerCase() };
    case 'reindex':
      return { kind: name, footage: values.footage };
    case 'verify':
      return {
        kind: name,
        footage: values.footage,
        publicKey: values['public-key'],
        exportPath: values.export,
      };
    default:
      throw new Fault('REQUEST_INVALID', `Unknown command: ${name}`);
  }
}

function importCommand(
  kind: 'import' | 'import-districts',
  files: readonly string[],
  values: {
    readonly server: string;
    readonly user: string;
    readonly apply: boolean;
    readonly 'dry-run': boolean;
    readonly 'set-aside': boolean;
    readonly remove: boolean;
  },
): Command {
  const [file] = files;
  if (file === undefined || files.length > 1) {
    throw new Fault('REQUEST_INVALID', `${kind} takes one file`);
  }
  if (values.apply && values['dry-run']) {
    throw new Fault('REQUEST_INVALID', '--apply and --dry-run exclude each other');
  }
  const server = urlOf(values.server);
  const { user, apply, remove } = values;
  if (kind === 'import-districts') return { kind, file, server, user, apply, remove };
  return { kind, file, server, user, apply, setAside: values['set-aside'], remove };
}

function cameraCommand(
  rest: readonly string[],
  values: {
    readonly server: string;
    readonly user: string;
    readonly confirm: boolean;
    readonly out?: string | undefined;
  },
): Command {
  const [code, name] = rest;
  const tool = cameraTools.find((one) => one === name);
  if (code === undefined || tool === undefined || rest.length > 2) {
    throw new Fault('REQUEST_INVALID', `camera takes a code and one of ${cameraTools.join(', ')}`);
  }
  const { user, confirm, out } = values;
  return { kind: 'camera', code, tool, server: urlOf(values.server), user, confirm, out };
}

function urlOf(text: string): string {
  if (!URL.canParse(text)) throw new Fault('REQUEST_INVALID', `${text} is no URL`);
  return text;
}
