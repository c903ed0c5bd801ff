import { expect, test } from 'vitest';
import { cameraModelNamed } from './camera-models.ts';
import { exercisePlan, generatedPlan } from './exercise-plan.ts';
import { addressAfter, defaultAddressing } from './fleet-plan.ts';

test('the exercise is 18 cameras in 6 stations of 3 districts, three placements each', () => {
  const { stations, cameras } = exercisePlan();
  expect(stations).toHaveLength(6);
  expect(new Set(stations.map((station) => station.districtCode)).size).toBe(3);
  expect(cameras).toHaveLength(18);
  for (const station of stations) {
    const placements = cameras
      .filter((camera) => camera.stationId === station.id)
      .map((camera) => camera.placement);
    expect(placements).toEqual(['ENTRANCE', 'BOOTH', 'COUNT_TABLE']);
  }
  for (const key of ['id', 'serial', 'mac', 'address'] as const) {
    expect(new Set(cameras.map((camera) => camera[key])).size, key).toBe(18);
  }
  expect(cameras.every(({ id }) => /^GE24-NA\d+-PS\d{3}(-B\d+)?-C\d+$/.test(id))).toBe(true);
});

test('the exercise has day and night, one H.265 camera and one with audio, four vendors', () => {
  const { cameras } = exercisePlan();
  const models = cameras.map((camera) => cameraModelNamed(camera.modelName));
  expect(models.filter((model) => model.encoder.mainCodec === 'H265')).toHaveLength(1);
  expect(cameras.filter((camera) => camera.audio)).toHaveLength(1);
  expect(new Set(models.map((model) => model.manufacturer)).size).toBe(4);
  expect(new Set(cameras.map((camera) => camera.light))).toEqual(new Set(['day', 'night']));
});

test('addresses run on through subnets and stay in 127.0.0.0/8', () => {
  expect(addressAfter('127.20.0.1', 0)).toBe('127.20.0.1');
  expect(addressAfter('127.20.0.1', 253)).toBe('127.20.0.254');
  expect(addressAfter('127.20.0.1', 254)).toBe('127.20.1.1');
  expect(addressAfter('127.20.255.200', 100)).toBe('127.21.0.46');
  expect(() => addressAfter('127.255.255.254', 1)).toThrow(RangeError);
  expect(() => addressAfter('192.0.2.1', 0)).toThrow(RangeError);
});

test('a generated plan has as many cameras as asked for, all different', () => {
  const { cameras, stations } = generatedPlan(800, defaultAddressing);
  expect(cameras).toHaveLength(800);
  expect(new Set(cameras.map((camera) => camera.address)).size).toBe(800);
  expect(new Set(cameras.map((camera) => camera.id)).size).toBe(800);
  const known = new Set(stations.map((station) => station.id));
  expect(cameras.every((camera) => known.has(camera.stationId))).toBe(true);
});
