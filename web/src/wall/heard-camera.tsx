import type { CameraId } from '@nigehban/domain/camera.ts';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';

/** Which camera of the page is to be heard: one at a time, none to begin with. */
export interface HeardCamera {
  readonly heard: CameraId | null;
  /** Instead of whatever was heard. */
  readonly hear: (camera: CameraId) => void;
  /** Silence, unless another camera is heard by now. */
  readonly hush: (camera: CameraId) => void;
}

const Context = createContext<HeardCamera | null>(null);

export function HeardCameraProvider(props: { readonly children: ReactNode }) {
  const [heard, setHeard] = useState<CameraId | null>(null);
  const hush = useCallback(
    (camera: CameraId) => setHeard((now) => (now === camera ? null : now)),
    [],
  );
  const value = useMemo(() => ({ heard, hear: setHeard, hush }), [heard, hush]);
  return <Context value={value}>{props.children}</Context>;
}

export function useHeardCamera(): HeardCamera {
  const value = useContext(Context);
  if (value === null) throw new Error('useHeardCamera outside HeardCameraProvider');
  return value;
}
