import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import { useFleet, useServices } from '../app/services.tsx';
import { healthApi } from './health-api.ts';
import { HealthRows, staleFromMs } from './health-rows.ts';

const measuresEveryMs = 30_000;

export interface HealthFeed {
  readonly rows: HealthRows;
  readonly staleAfterMs: number;
  /** Another object whenever something in `rows` changed. */
  readonly version: object;
}

/** All cameras with their measures, renewed by the link as it tells and by the table now and then. */
export function useHealthRows(): {
  readonly feed: HealthFeed | null;
  readonly fault: unknown;
  readonly retry: () => void;
} {
  const { store } = useServices();
  const { cameras, loaded } = useFleet();
  const table = useQuery({
    queryKey: ['health', 'table'],
    queryFn: ({ signal }) => healthApi.table(signal),
    refetchInterval: measuresEveryMs,
    // To compare half a million numbers would cost more than to take them as new.
    structuralSharing: false,
  });
  const policy = useQuery({
    queryKey: ['settings', 'watch'],
    queryFn: healthApi.watchPolicy,
    staleTime: 600_000,
  });
  const staleAfterMs = Math.max(staleFromMs, 2 * (policy.data?.sweepEveryMs ?? 0));
  const rows = useMemo(
    () =>
      table.data === undefined || !loaded
        ? null
        : new HealthRows(table.data, store.snapshot().cameras, (code) => store.station(code)),
    [table.data, loaded, store],
  );
  const feed = useMemo((): HealthFeed | null => {
    if (rows === null) return null;
    rows.take(cameras);
    rows.judgePresets(staleAfterMs);
    return { rows, staleAfterMs, version: {} };
  }, [rows, cameras, staleAfterMs]);
  return {
    feed,
    fault: table.data === undefined && table.isError ? table.error : null,
    retry: () => void table.refetch(),
  };
}

/** The same array as long as the same cameras stand in the same rows: orders stay valid. */
export function useStableIds(ids: Int32Array): Int32Array {
  const known = useRef(ids);
  const same =
    known.current.length === ids.length && known.current.every((id, row) => id === ids[row]);
  if (!same) known.current = ids;
  return known.current;
}
