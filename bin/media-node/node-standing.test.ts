import type { NodeFact } from '@nigehban/domain/link-messages.ts';
import { expect, test } from 'vitest';
import { NodeStanding } from './node-standing.ts';

const flowing = (cameraId: number): NodeFact => ({
  kind: 'stream-flowing',
  cameraId,
  quality: 'main',
  atMs: 5,
});
const fault = (evidence: string): NodeFact => ({
  kind: 'recording-fault',
  fault: 'DISK_FULL',
  evidence,
  atMs: 7,
});
const well: NodeFact = { kind: 'recording-well', atMs: 9 };

test('a new link is told the last fact of each recorded stream and the health', () => {
  const standing = new NodeStanding(1);
  const down: NodeFact = {
    kind: 'stream-down',
    cameraId: 2,
    quality: 'main',
    atMs: 6,
    lastFrameMs: null,
    fault: 'CAMERA_UNREACHABLE',
    evidence: 'refused',
  };
  standing.observe(0, [flowing(1), flowing(2), flowing(3), down]);
  standing.observe(1, [{ ...flowing(4), quality: 'sub' } as NodeFact]);
  standing.forget((cameraId) => cameraId === 3);
  expect(standing.snapshot()).toEqual([flowing(1), down, { kind: 'recording-well', atMs: 1 }]);
});

test('the node is well only when all its engines are, and says each change once', () => {
  const standing = new NodeStanding(1);
  expect(standing.observe(0, [well])).toEqual([]);
  expect(standing.observe(0, [fault('a')])).toEqual([fault('a')]);
  expect(standing.observe(1, [fault('b')])).toEqual([]);
  expect(standing.observe(0, [well])).toEqual([]);
  expect(standing.snapshot()).toEqual([fault('b')]);
  expect(standing.observe(1, [well])).toEqual([well]);
});
