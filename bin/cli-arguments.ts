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
  help

Settings come from the environment: see .env.example.`;

export type Command =
  | {
      readonly kind: 'all';
      readonly plan: string | undefined;
      readonly discover: readonly string[];
      readonly multicast: boolean;
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'server' | 'gateway' | 'media' }
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
