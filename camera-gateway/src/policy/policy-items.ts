import type { CameraPolicyReport } from '@nigehban/domain/camera-tools.ts';
import { Fault, toFaultMessage } from '@nigehban/domain/faults.ts';
import type { Deadline } from '../onvif/deadline.ts';
import { isPassable } from '../onvif/device-operations.ts';
import type { OnvifClient } from '../onvif/onvif-client.ts';

export type PolicyItem = CameraPolicyReport['items'][number];

/** One camera while its policy is held against it. */
export interface PolicyRun {
  readonly client: OnvifClient;
  readonly deadline: Deadline;
  /** False: nothing is changed, differences are told. */
  readonly correct: boolean;
}

/**
 * Holds one setting against what is wanted, corrects it when told to and reads it again to prove it.
 * What the camera lacks or refuses is an outcome; a camera that is lost or refuses its credentials
 * altogether is thrown.
 */
export async function holdItem(
  run: PolicyRun,
  options: {
    readonly item: string;
    readonly wanted: string;
    /** Reads the setting as people read it; null: the camera does not tell. */
    readonly read: () => Promise<string | null>;
    readonly write: () => Promise<void>;
  },
): Promise<PolicyItem> {
  const { item, wanted } = options;
  let found: string | null = null;
  try {
    found = await options.read();
    if (found === wanted) return { item, wanted, found, outcome: 'as-wanted', fault: null };
    if (!run.correct) return { item, wanted, found, outcome: 'differs', fault: null };
    await options.write();
    const proved = await options.read();
    const outcome = proved === wanted ? 'set' : 'differs';
    return { item, wanted, found: proved, outcome, fault: null };
  } catch (thrown) {
    return failed(run, { item, wanted, found }, thrown);
  }
}

/** The outcome of an item whose operation failed. Throws what concerns the camera as a whole. */
export function failed(
  run: Pick<PolicyRun, 'client'>,
  item: Pick<PolicyItem, 'item' | 'wanted' | 'found'>,
  thrown: unknown,
): PolicyItem {
  if (!(thrown instanceof Fault)) throw thrown;
  const mayNot = thrown.code === 'CAMERA_AUTH_REFUSED' && !run.client.credentialsRefused();
  if (!isPassable(thrown) && !mayNot && thrown.code !== 'CAMERA_NO_PROFILE') throw thrown;
  const outcome = thrown.code === 'CAMERA_OPERATION_UNSUPPORTED' ? 'unsupported' : 'refused';
  return { ...item, outcome, fault: toFaultMessage(thrown) };
}
