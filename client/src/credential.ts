/** Slips: blind, check the proof, finalise (docs/protocol, section 3). Reference: RFC 9497, mode VOPRF. */

import { ed25519, ristretto255_oprf } from '@noble/curves/ed25519.js';
import { Refusal } from './refusal.ts';
import { type Bytes, concat, Malformed } from './wire.ts';

const { voprf } = ristretto255_oprf;

export const EVALUATION_BYTES = 96;
const PROOF_BYTES = 64;

/** A key pair and its blinded public key, before the server has evaluated it. */
export interface DrawnSlip {
  /** Ed25519 seed, 32 bytes. */
  secretKey: Bytes;
  /** The VOPRF input: the 32-byte raw public key. */
  publicKey: Bytes;
  blind: Bytes;
  /** The only part that leaves the wallet at this point. */
  blinded: Bytes;
}

/** Random bytes of the given length, at most 64. */
export type Randomness = (length: number) => Bytes;

export function systemRandomness(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

/**
 * Draws a fresh slip. Synchronous, so that it can run inside one IndexedDB transaction.
 * Guarantees: the blinded element is uniform whatever the key, so it says nothing about it, also later.
 */
export function drawSlip(random: Randomness = systemRandomness): DrawnSlip {
  const secretKey = random(32);
  const publicKey = concat(ed25519.getPublicKey(secretKey));
  // RFC 9497, 3.3.2 Blind
  const { blind, blinded } = voprf.blind(publicKey, (length = 32) => random(length));
  return { secretKey, publicKey, blind: concat(blind), blinded: concat(blinded) };
}

/**
 * Checks the DLEQ proof under the unit's public key and finalises.
 * Guarantees: the server used the key that every member of the unit sees, or this throws.
 * Raises: Refusal `proof_invalid`.
 * Reference: RFC 9497, 3.3.2 Finalize.
 */
export function finalise(slip: DrawnSlip, evaluation: Uint8Array, unitKey: Uint8Array): Bytes {
  if (evaluation.length !== EVALUATION_BYTES) throw new Malformed('an evaluation is 96 bytes');
  const proof = evaluation.subarray(0, PROOF_BYTES);
  const evaluated = evaluation.subarray(PROOF_BYTES);
  try {
    return concat(voprf.finalize(slip.publicKey, slip.blind, evaluated, slip.blinded, unitKey, proof));
  } catch {
    throw new Refusal('proof_invalid');
  }
}
