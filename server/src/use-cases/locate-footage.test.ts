import { expect, test } from 'vitest';
import { planNodeParts } from './locate-footage.ts';

const row = (nodeId: string, startUs: number, endUs: number) => ({ nodeId, startUs, endUs });

test('one node has it all; what is being written is its too', () => {
  expect(planNodeParts([row('a', 5, 15), row('a', 15, 25)], 'a', 10, 40)).toEqual([
    { nodeId: 'a', fromUs: 10, toUs: 40 },
  ]);
});

test('a camera that moved is asked for at both nodes, without overlap', () => {
  expect(planNodeParts([row('a', 5, 15), row('b', 18, 25)], 'b', 10, 40)).toEqual([
    { nodeId: 'a', fromUs: 10, toUs: 18 },
    { nodeId: 'b', fromUs: 18, toUs: 40 },
  ]);
});

test('a node that records since a moment ago has what the index does not know', () => {
  expect(planNodeParts([row('a', 5, 15)], 'b', 10, 40)).toEqual([
    { nodeId: 'a', fromUs: 10, toUs: 15 },
    { nodeId: 'b', fromUs: 15, toUs: 40 },
  ]);
  expect(planNodeParts([row('a', 5, 45)], 'b', 10, 40)).toHaveLength(1);
  expect(planNodeParts([], 'b', 10, 40)).toEqual([{ nodeId: 'b', fromUs: 10, toUs: 40 }]);
  expect(planNodeParts([], null, 10, 40)).toEqual([]);
});
