import type { Clock } from '../clock.ts';
import type { StreamSource } from '../hub/stream-hub-types.ts';
import { MediaError, type MediaErrorCode } from '../media-error.ts';
import { faultKind } from './fault-kind.ts';
import { createReadArena, type ReadArena } from './read-arena.ts';
import { describeStream, type RtspDialogue } from './rtsp-dialogue.ts';
import { DEFAULT_RTSP_SETTINGS } from './rtsp-settings.ts';
import type { SdpTrack } from './sdp.ts';

/** What a camera's RTSP server said when asked for a stream without playing it. */
export type RtspProbeOutcome =
  | {
      readonly kind: 'answers';
      /** Usable tracks of the description; possibly none. */
      readonly tracks: readonly SdpTrack[];
      readonly skipped: readonly string[];
      readonly tookMs: number;
    }
  /** The server is there and says no: credential, path, sessions, redirect. */
  | { readonly kind: 'refused'; readonly code: MediaErrorCode; readonly error: MediaError }
  /** No TCP connection. */
  | { readonly kind: 'unreachable'; readonly code: MediaErrorCode; readonly error: MediaError }
  /** Connected, but no sense came of it: no answer in time, garbage, lost connection. */
  | { readonly kind: 'failed'; readonly code: MediaErrorCode; readonly error: MediaError };

export interface RtspProbeOptions {
  /** For everything together. */
  readonly timeoutMs: number;
  readonly allowBasic?: boolean;
  readonly arena?: ReadArena;
}

const PROBE_ARENA_BYTES = 16_384;

/**
 * Asks OPTIONS and DESCRIBE of a source and hangs up. Offers the credential once. Never rejects and
 * never takes longer than `timeoutMs` by the clock.
 */
export async function probeRtsp(
  source: Pick<StreamSource, 'url' | 'username' | 'password'>,
  clock: Clock,
  options: RtspProbeOptions,
): Promise<RtspProbeOutcome> {
  const startedMs = clock.monotonicMs();
  let dialogue: RtspDialogue | undefined;
  let connected = false;
  const done = new MediaError('STOPPED', 'probe finished');
  const timer = clock.setTimer(options.timeoutMs, () =>
    dialogue?.connection.fail(
      connected
        ? new MediaError('RESPONSE_TIMEOUT', 'no answer within the time of the probe')
        : new MediaError('CONNECT_TIMEOUT', 'no connection within the time of the probe'),
    ),
  );
  try {
    const described = await describeStream(
      source.url,
      {
        clock,
        arena: options.arena ?? createReadArena(undefined, PROBE_ARENA_BYTES),
        connectTimeoutMs: options.timeoutMs,
        responseTimeoutMs: options.timeoutMs,
        readAllowance: undefined,
        username: source.username,
        password: source.password,
        allowBasic: options.allowBasic ?? DEFAULT_RTSP_SETTINGS.allowBasic,
      },
      () => ({
        onConnected: () => {
          connected = true;
        },
        onInterleaved: () => {},
        onRequest: () => ({ statusCode: 551, reason: 'Option not supported' }),
        onClosed: () => {},
      }),
      (next) => {
        dialogue?.connection.fail(done);
        dialogue = next;
        connected = false;
      },
    );
    const { tracks, skipped } = described.description;
    return { kind: 'answers', tracks, skipped, tookMs: clock.monotonicMs() - startedMs };
  } catch (cause) {
    const error =
      cause instanceof MediaError
        ? cause
        : new MediaError('PROTOCOL_VIOLATION', 'unexpected fault of the probe', { cause });
    return { kind: faultKind(error.code), code: error.code, error };
  } finally {
    timer.cancel();
    (dialogue as RtspDialogue | undefined)?.connection.fail(done);
  }
}
