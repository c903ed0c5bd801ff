import { randomUUID } from 'node:crypto';
import type { ExportBody, ExportView } from '@nigehban/domain/api/http-types.ts';
import { Fault } from '@nigehban/domain/faults.ts';

const takesMs = 2_500;

/** Exports that take a moment each, with one gap and two files beside it. */
export class MockExports {
  readonly #exports: { view: ExportView; startedMs: number }[] = [];

  request(body: ExportBody, requestedBy: string, nowMs: number): ExportView {
    const view: ExportView = {
      id: randomUUID(),
      state: 'running',
      progress: 0,
      requestedBy,
      requestedAtMs: nowMs,
      finishedAtMs: null,
      reason: body.reason,
      fromMs: body.fromMs,
      toMs: body.toMs,
      cameras: body.cameras.map((cameraId) => ({
        ...{ cameraId, cameraCode: `C${cameraId}`, state: 'running', fault: null },
        ...{ files: [], gaps: [] },
      })),
    };
    this.#exports.unshift({ view, startedMs: nowMs });
    return view;
  }

  list(nowMs: number): readonly ExportView[] {
    for (const one of this.#exports) {
      if (one.view.finishedAtMs !== null) continue;
      const progress = Math.min(1, (nowMs - one.startedMs) / takesMs);
      one.view = progress < 1 ? { ...one.view, progress } : finished(one.view, nowMs);
    }
    return this.#exports.map((one) => one.view);
  }

  cancel(id: string | undefined, nowMs: number): ExportView {
    const one = this.#exports.find((candidate) => candidate.view.id === id);
    if (one === undefined) throw new Fault('EXPORT_UNKNOWN', `No export ${id}`);
    one.view = { ...one.view, state: 'cancelled', finishedAtMs: nowMs };
    return one.view;
  }
}

function finished(view: ExportView, nowMs: number): ExportView {
  const fromUs = view.fromMs * 1_000;
  const toUs = view.toMs * 1_000;
  const file = (part: number) => ({
    ...{ part, sizeBytes: 12_345_678, sha256: String(part).repeat(64), startUs: fromUs },
    ...{ endUs: toUs, codec: 'avc1.4d001f', frames: 900 },
  });
  return {
    ...view,
    ...{ state: 'done', progress: 1, finishedAtMs: nowMs },
    cameras: view.cameras.map((camera) => ({
      ...camera,
      state: 'done',
      files: [file(1), file(2)],
      gaps: [{ startUs: fromUs, endUs: toUs, cause: 'unreachable' }],
    })),
  };
}
