import type { CameraId } from '@nigehban/domain/camera.ts';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type ConsoleFaultCode, faultCodeOf } from '../api/console-fault.ts';
import { sessionQuery, useCan } from '../app/session.ts';
import { useHeardCamera } from './heard-camera.tsx';
import { decideListening, faultOfEnd, type Listening, type Playback } from './listening-state.ts';
import type { LiveListen, LiveWatch } from './live-port.ts';

export interface ListeningControl {
  readonly state: Listening;
  /** Begins or ends to listen; nothing while it cannot be. */
  readonly toggle: () => void;
}

/**
 * A camera's sound beside its picture: silent until somebody asks for it, and again with each picture
 * that takes the place of a broken one while the wish stands.
 */
export function useListening(camera: CameraId, watch: LiveWatch | null): ListeningControl {
  const mayListen = useCan('live.listen');
  const queries = useQueryClient();
  const { heard, hear, hush } = useHeardCamera();
  const [playback, setPlayback] = useState<Playback>({ kind: 'silent' });
  const wished = heard === camera;
  const listens = wished && mayListen && watch?.sound === 'available';

  useEffect(() => {
    if (!listens || watch === null) return;
    const element = new Audio();
    let opened: LiveListen | null = null;
    let over = false;
    const fail = (fault: ConsoleFaultCode): void => {
      if (over) return;
      setPlayback({ kind: 'failed', fault });
      hush(camera);
      // What this person may do changed meanwhile: the page shows what holds now.
      if (fault === 'PERMISSION_DENIED') void queries.invalidateQueries(sessionQuery);
    };
    setPlayback({ kind: 'starting' });
    watch.listen().then(
      (listen) => {
        if (over) {
          listen.close();
          return;
        }
        opened = listen;
        element.srcObject = listen.stream;
        listen.onEnd((end) => {
          if (end !== 'connection') fail(faultOfEnd(end.reason));
        });
        element.play().then(
          () => !over && setPlayback({ kind: 'playing' }),
          () => fail('PLAYBACK_UNSUPPORTED'),
        );
      },
      (thrown: unknown) => fail(faultCodeOf(thrown)),
    );
    return () => {
      over = true;
      opened?.close();
      element.srcObject = null;
      setPlayback((last) => (last.kind === 'failed' ? last : { kind: 'silent' }));
    };
  }, [listens, watch, camera, hush, queries]);

  // A tile that leaves the page takes the wish with it.
  useEffect(() => () => hush(camera), [camera, hush]);

  const state = decideListening({ mayListen, wished, sound: watch?.sound ?? null, playback });
  return {
    state,
    toggle: () => {
      if (wished) hush(camera);
      else if (state.kind === 'silent') hear(camera);
    },
  };
}
