import type { LiveSound } from '@nigehban/domain/live-sound.ts';
import type { ConsoleFaultCode } from '../api/console-fault.ts';

/** How far the sound that was asked for has come. */
export type Playback =
  | { readonly kind: 'silent' | 'starting' | 'playing' }
  | { readonly kind: 'failed'; readonly fault: ConsoleFaultCode };

/** What the listen button of a tile is. */
export type Listening =
  /** Not there: this person may not listen. */
  | { readonly kind: 'forbidden' }
  /** There is nothing to hear: no sound, a codec that WebRTC does not carry, or no picture yet. */
  | { readonly kind: 'unavailable'; readonly cause: 'none' | 'unsupported' | 'no-picture' }
  | { readonly kind: 'silent'; readonly fault: ConsoleFaultCode | null }
  | { readonly kind: 'starting' | 'playing' };

export function decideListening(facts: {
  readonly mayListen: boolean;
  /** This camera is the one that is to be heard. */
  readonly wished: boolean;
  /** Of the picture that plays; null while none does. */
  readonly sound: LiveSound | null;
  readonly playback: Playback;
}): Listening {
  const { sound, playback, wished } = facts;
  if (!facts.mayListen) return { kind: 'forbidden' };
  // The wish outlasts a broken picture: the sound comes back with it.
  if (sound === null) return wished ? { kind: 'starting' } : unavailable('no-picture');
  if (sound !== 'available') return unavailable(sound);
  if (wished) return { kind: playback.kind === 'playing' ? 'playing' : 'starting' };
  return { kind: 'silent', fault: playback.kind === 'failed' ? playback.fault : null };
}

function unavailable(cause: 'none' | 'unsupported' | 'no-picture'): Listening {
  return { kind: 'unavailable', cause };
}

/** The server's word for why a sound ended, as a fault. */
export function faultOfEnd(reason: string): ConsoleFaultCode {
  if (reason === 'right-withdrawn') return 'PERMISSION_DENIED';
  if (reason === 'view-unapproved') return 'VIEW_UNAPPROVED';
  return 'LIVE_SOUND_UNAVAILABLE';
}
