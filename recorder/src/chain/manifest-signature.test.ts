import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ed25519Signer, parsePublicKeys, publishPublicKey } from './manifest-signature.ts';
import { writeNodeManifest } from './node-manifest.ts';
import { verifyFootage } from './verify-footage.ts';

const firstUs = Date.UTC(2027, 0, 8, 3) * 1000;
const hourUs = 3_600_000_000;
const heads = new Map();
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nigehban-signature-'));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const name = (hour: number) => `nodes/n1/2027-01-08/0${3 + hour}.json`;

async function writeHours(count: number, from = 0): Promise<void> {
  const sign = ed25519Signer(privateKey);
  for (let hour = from; hour < from + count; hour++) {
    await writeNodeManifest(root, 'n1', heads, firstUs + hour * hourUs, sign);
  }
  await publishPublicKey(root, 'n1', publicKey);
}

test('signed manifests verify with the key in the folder and with the key alone', async () => {
  await writeHours(3);
  const verdict = await verifyFootage(root);
  expect(verdict.intact).toBe(true);
  expect(verdict.keys.get('n1')).toHaveLength(1);
  expect((await verifyFootage(root, { publicKeys: [publicKey] })).intact).toBe(true);
});

test('a changed signature, a changed manifest and a signature taken away are named', async () => {
  await writeHours(4);
  const signature = await readFile(join(root, `${name(1)}.sig`));
  signature[10] = (signature[10] ?? 0) ^ 1;
  await writeFile(join(root, `${name(1)}.sig`), signature);
  await unlink(join(root, `${name(2)}.sig`));
  const last = await readFile(join(root, name(3)), 'utf8');
  await writeFile(join(root, name(3)), last.replace('"atUs":1', '"atUs":2'));
  const verdict = await verifyFootage(root);
  expect(verdict.intact).toBe(false);
  expect(verdict.manifestProblems).toEqual([
    { kind: 'signature-wrong', manifest: name(1) },
    { kind: 'signature-wrong', manifest: name(3) },
    { kind: 'signature-missing', manifest: name(2) },
  ]);
});

test('all made anew with another key is found by who has the right key', async () => {
  await writeHours(2);
  const other = generateKeyPairSync('ed25519');
  expect((await verifyFootage(root, { publicKeys: [other.publicKey] })).manifestProblems).toEqual([
    { kind: 'signature-wrong', manifest: name(0) },
    { kind: 'signature-wrong', manifest: name(1) },
  ]);
});

test('manifests from before the first key are vouched for by the first signed one', async () => {
  await writeNodeManifest(root, 'n1', heads, firstUs);
  await publishPublicKey(root, 'n1', publicKey);
  expect((await verifyFootage(root)).manifestProblems).toEqual([
    { kind: 'signature-missing', manifest: name(0) },
  ]);
  await writeHours(1, 1);
  expect((await verifyFootage(root)).intact).toBe(true);
});

test('a new key stands after the old one, and both are believed', async () => {
  await writeHours(1);
  const next = generateKeyPairSync('ed25519');
  await publishPublicKey(root, 'n1', next.publicKey);
  await publishPublicKey(root, 'n1', next.publicKey);
  await writeNodeManifest(root, 'n1', heads, firstUs + hourUs, ed25519Signer(next.privateKey));
  const verdict = await verifyFootage(root);
  expect(verdict.intact).toBe(true);
  expect(verdict.keys.get('n1')).toHaveLength(2);
});

test('a file without an Ed25519 public key is refused', () => {
  expect(() => parsePublicKeys('nothing', 'key.pem')).toThrow('key.pem');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const pem = String(rsa.publicKey.export({ type: 'spki', format: 'pem' }));
  expect(() => parsePublicKeys(pem, 'key.pem')).toThrow('Ed25519');
});
