/** Sealing a ballot and building the cast (docs/protocol, section 4). */

import { Chacha20Poly1305 } from '@hpke/chacha20poly1305';
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import {
  b64u,
  type Bytes,
  canonical,
  concat,
  digest,
  exactKeys,
  hex,
  integer,
  isObject,
  lp,
  Malformed,
  parseCanonical,
  sha256Hex,
  text,
  u32,
} from './wire.ts';

export const PLAINTEXT_BYTES = 2_048;
export const CIPHERTEXT_BYTES = 2_096;
export const BODY_BYTES = 4_096;
export const MAX_SEQUENCE = 2 ** 32 - 1;

/** Answers by statement code, 1 to 5; a skipped statement is absent. */
export type Answers = Record<string, number>;
export type Payload = { answers: Answers; v: 1 } | { comment: string; v: 1 };

/** Where a ballot belongs: all of it is bound into the seal and the signature. */
export interface Place {
  round: string;
  unit: string;
  purpose: string;
}

export interface Voter {
  secretKey: Bytes;
  publicKey: Bytes;
  output: Bytes;
}

export interface SealedCast {
  body: Bytes;
  /** hex */
  slot: string;
  /** SHA-256, hex; slot and this are the receipt. */
  ciphertextHash: string;
  sequence: number;
}

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Chacha20Poly1305(),
});

export function slotOf(publicKey: Uint8Array): Bytes {
  return digest(publicKey);
}

/** How many bytes of the plaintext are left for a payload; comments are cut to it while typing. */
export function payloadFits(payload: Payload): boolean {
  return canonical(payload).length <= PLAINTEXT_BYTES - 2;
}

/** `u16 length || canonical(payload) || zeros`, always the same size, so that length says nothing. */
export function plaintext(payload: Payload): Bytes {
  const json = canonical(payload);
  if (json.length > PLAINTEXT_BYTES - 2) throw new Malformed('the ballot is too long');
  const padded = new Uint8Array(PLAINTEXT_BYTES);
  padded.set([json.length >> 8, json.length & 0xff]);
  padded.set(json, 2);
  return padded;
}

/** Reads a plaintext as strictly as the server will. `codes` are the instrument's statement codes. */
export function readPlaintext(padded: Uint8Array, purpose: string, codes: ReadonlySet<string>): Payload {
  if (padded.length !== PLAINTEXT_BYTES) throw new Malformed('a plaintext is 2,048 bytes');
  const length = ((padded[0] ?? 0) << 8) | (padded[1] ?? 0);
  if (length > PLAINTEXT_BYTES - 2) throw new Malformed('length out of range');
  if (padded.subarray(2 + length).some((byte) => byte !== 0)) throw new Malformed('padding is not zero');
  const value = parseCanonical(padded.subarray(2, 2 + length));
  if (purpose === 'comment') {
    const { comment, v } = exactKeys(value, 'comment', 'v');
    integer(v, 1, 1);
    return { comment: text(comment), v: 1 };
  }
  const { answers, v } = exactKeys(value, 'answers', 'v');
  integer(v, 1, 1);
  if (!isObject(answers)) throw new Malformed('answers are an object');
  const read: Answers = {};
  for (const [code, answer] of Object.entries(answers)) {
    if (!codes.has(code) || (purpose !== 'ballot' && purpose !== `ballot/${code}`)) {
      throw new Malformed('a code that is not asked here');
    }
    read[code] = integer(answer, 1, 5);
  }
  return { answers: read, v: 1 };
}

export function sealInfo(place: Place, slot: Uint8Array, sequence: number): Bytes {
  return lp('andon/v1/ballot', place.round, place.unit, place.purpose, slot, u32(sequence));
}

export function castMessage(place: Place, voter: Pick<Voter, 'publicKey' | 'output'>, sequence: number, ciphertext: Uint8Array): Bytes {
  return lp(
    'andon/v1/cast',
    place.round,
    place.unit,
    place.purpose,
    voter.publicKey,
    voter.output,
    u32(sequence),
    ciphertext,
  );
}

/** HPKE base mode to the box key. `ephemeral` is for test vectors only. */
export async function seal(
  boxKey: Bytes,
  place: Place,
  slot: Uint8Array,
  sequence: number,
  payload: Payload,
  ephemeral?: Bytes,
): Promise<Bytes> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(boxKey.buffer);
  const info = sealInfo(place, slot, sequence);
  const sender = await suite.createSenderContext({
    recipientPublicKey,
    info: info.buffer,
    ...(ephemeral ? { ekm: await keyPair(ephemeral) } : {}),
  });
  const ct = await sender.seal(plaintext(payload).buffer);
  const ciphertext = concat(new Uint8Array(sender.enc), new Uint8Array(ct));
  if (ciphertext.length !== CIPHERTEXT_BYTES) throw new Malformed('a ciphertext is 2,096 bytes');
  return ciphertext;
}

async function keyPair(secret: Bytes): Promise<CryptoKeyPair> {
  const privateKey = await suite.kem.deserializePrivateKey(secret.buffer);
  const publicKey = await suite.kem.deserializePublicKey(concat(x25519.getPublicKey(secret)).buffer);
  return { privateKey, publicKey };
}

/** Opens a ciphertext; only tests and vectors hold a box key's private half. */
export async function open(boxSecret: Bytes, place: Place, slot: Uint8Array, sequence: number, ciphertext: Uint8Array): Promise<Bytes> {
  if (ciphertext.length !== CIPHERTEXT_BYTES) throw new Malformed('a ciphertext is 2,096 bytes');
  const recipientKey = await suite.kem.deserializePrivateKey(boxSecret.buffer);
  const recipient = await suite.createRecipientContext({
    recipientKey,
    enc: concat(ciphertext.subarray(0, 32)).buffer,
    info: sealInfo(place, slot, sequence).buffer,
  });
  return new Uint8Array(await recipient.open(concat(ciphertext.subarray(32)).buffer));
}

/** Seals, signs and pads: the finished body of `POST /cast/`, 4,096 bytes whatever was answered. */
export async function buildCast(
  voter: Voter,
  place: Place,
  boxKey: Bytes,
  sequence: number,
  payload: Payload,
  ephemeral?: Bytes,
): Promise<SealedCast> {
  integer(sequence, 1, MAX_SEQUENCE);
  const slot = slotOf(voter.publicKey);
  const ciphertext = await seal(boxKey, place, slot, sequence, payload, ephemeral);
  const signature = ed25519.sign(castMessage(place, voter, sequence, ciphertext), voter.secretKey);
  const json = canonical({
    ciphertext: b64u(ciphertext),
    output: b64u(voter.output),
    public_key: b64u(voter.publicKey),
    purpose: place.purpose,
    round: place.round,
    sequence,
    signature: b64u(signature),
    unit: place.unit,
  });
  if (json.length > BODY_BYTES) throw new Malformed('the cast is too long');
  const body = new Uint8Array(BODY_BYTES).fill(0x20);
  body.set(json);
  return { body, slot: hex(slot), ciphertextHash: sha256Hex(ciphertext), sequence };
}
