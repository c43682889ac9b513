/** Files that both implementations read, and small things tests need. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Bytes, concat, unhex } from '../src/wire.ts';

/** Vectors are data of many shapes; the tests that read them are what checks those. */
export type Vectors = any;

export function vectors(name: string): Vectors {
  return JSON.parse(readFileSync(path.join(process.cwd(), 'vectors', name), 'utf8'));
}

/** Random bytes that make noble's `blind` use exactly this scalar (it maps n to (n mod (order - 1)) + 1). */
export function bytesForScalar(scalar: Bytes, length: number): Bytes {
  let n = 0n;
  for (let i = scalar.length - 1; i >= 0; i -= 1) n = (n << 8n) | BigInt(scalar[i] ?? 0);
  n -= 1n;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) {
    bytes[i] = Number(n & 255n);
    n >>= 8n;
  }
  return bytes;
}

/** Randomness that gives one Ed25519 seed and then one blind. */
export function scripted(seed: Bytes, blind: Bytes): (length: number) => Bytes {
  let calls = 0;
  return (length) => (calls++ === 0 ? concat(seed) : bytesForScalar(blind, length));
}

export const bytes = (hexText: string): Bytes => unhex(hexText);
