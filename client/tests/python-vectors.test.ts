/** What the Python implementation made, this one reads and makes again. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ed25519, ristretto255_oprf } from '@noble/curves/ed25519.js';
import wordText from '../../src/andon/kernel/manifest/words.txt';
import { castMessage, open, plaintext, readPlaintext, sealInfo, slotOf } from '../src/ballot.ts';
import { finalise } from '../src/credential.ts';
import {
  entryHash,
  fingerprint,
  followLog,
  isIncluded,
  isSlotList,
  leafHash,
  merklePath,
  merkleRoot,
  readEntry,
  readManifest,
  rosterCommitment,
  seatedCommitment,
  slotLeaf,
  slotsCommitment,
} from '../src/manifest.ts';
import { b64u, canonical, fromUtf8, hex, isObject, lp, parseCanonical, purpose, sha256Hex, u32, unb64u, utf8 } from '../src/wire.ts';
import { hashOf } from './stage.ts';
import { bytes, vectors } from './support.ts';

const { voprf } = ristretto255_oprf;
const made = vectors('andon-python.json');
const words = wordText.trim().split('\n');

test('wire: lp, u32, base64url and canonical JSON are the same bytes', () => {
  for (const { text_parts, hex: expected } of made.wire.lp) assert.equal(hex(lp(...text_parts)), expected);
  for (const { n, hex: expected } of made.wire.u32) assert.equal(hex(u32(n)), expected);
  for (const { text, hex: expected } of made.wire.b64u) {
    assert.equal(b64u(bytes(expected)), text);
    assert.equal(hex(unb64u(text)), expected);
  }
  for (const text of made.wire.b64u_refused) assert.throws(() => unb64u(text), { name: 'Malformed' });
  for (const { value, utf8_hex } of made.wire.canonical) {
    assert.equal(hex(canonical(value)), utf8_hex);
    assert.deepEqual(parseCanonical(bytes(utf8_hex)), value);
  }
  for (const text of made.wire.not_canonical) {
    assert.throws(() => parseCanonical(utf8(text)), { name: 'Malformed' }, text);
  }
  for (const text of made.wire.purposes) assert.equal(purpose(text), text);
  for (const text of made.wire.purposes_refused) assert.throws(() => purpose(text), { name: 'Malformed' });
});

test('keys: every unit and purpose derives the same public key', () => {
  const { seed, round, derived } = made.keys;
  for (const { unit, purpose: name, info, public_key } of derived) {
    const keyInfo = lp('andon/v1', round, unit, name);
    assert.equal(hex(keyInfo), info);
    assert.equal(hex(voprf.deriveKeyPair(bytes(seed), keyInfo).publicKey), public_key);
  }
});

test('slips: an evaluation by the Python server finalises to the output it will ask for', () => {
  for (const { input, blind, blinded, evaluation, server_public_key, output } of made.slips) {
    const slip = { secretKey: bytes(input), publicKey: bytes(input), blind: bytes(blind), blinded: bytes(blinded) };
    assert.equal(hex(finalise(slip, bytes(evaluation), bytes(server_public_key))), output);
  }
});

test('payloads: padded plaintexts are the same bytes and read back', () => {
  for (const { payload, plaintext: expected, purpose: name, codes } of made.payloads) {
    assert.equal(hex(plaintext(payload)), expected);
    assert.deepEqual(readPlaintext(bytes(expected), name, new Set(codes)), payload);
  }
});

test('ballots: signatures verify, slips redeem, seals open', async () => {
  for (const one of made.ballots) {
    const place = { round: one.round, unit: one.unit, purpose: one.purpose };
    const publicKey = bytes(one.public_key);
    const output = bytes(one.output);
    const ciphertext = bytes(one.ciphertext);
    const slot = slotOf(publicKey);
    assert.equal(hex(slot), one.slot);
    assert.equal(hex(sealInfo(place, slot, one.sequence)), one.info);
    assert.equal(sha256Hex(ciphertext), one.ciphertext_sha256);
    assert.equal(hex(await open(bytes(one.box_key), place, slot, one.sequence, ciphertext)), one.plaintext);
    assert.ok(ed25519.verify(bytes(one.signature), castMessage(place, { publicKey, output }, one.sequence, ciphertext), publicKey));
    assert.equal(hex(ed25519.getPublicKey(bytes(one.private_key))), one.public_key);
    const { secretKey } = voprf.deriveKeyPair(bytes(one.seed), lp('andon/v1', one.round, one.unit, one.purpose));
    // `evaluate` is the same function for a server that knows the input; the type does not name it.
    const { evaluate } = voprf as unknown as { evaluate: (key: Uint8Array, input: Uint8Array) => Uint8Array };
    assert.equal(hex(evaluate(secretKey, publicKey)), one.output);
    const json = {
      ciphertext: b64u(ciphertext),
      output: b64u(output),
      public_key: b64u(publicKey),
      purpose: one.purpose,
      round: one.round,
      sequence: one.sequence,
      signature: b64u(bytes(one.signature)),
      unit: one.unit,
    };
    assert.equal(fromUtf8(canonical(json)).padEnd(4096, ' '), one.body);
  }
});

test('merkle: roots and paths are those of the reference leaves', () => {
  for (const { leaves, root, paths } of made.merkle) {
    const raw = leaves.map((leaf: string) => bytes(leaf));
    assert.equal(hex(merkleRoot(raw)), root);
    raw.forEach((leaf: Uint8Array, index: number) => {
      assert.deepEqual(merklePath(raw, index).map(hex), paths[index]);
      assert.ok(isIncluded(leaf, index, raw.length, paths[index].map(bytes), bytes(root)));
      assert.ok(!isIncluded(leafHash(leaf), index, raw.length, paths[index].map(bytes), bytes(root)));
    });
  }
});

test('units: rosters commit to the same hash, leaves stand under the root', () => {
  const { count, root, units } = made.units;
  let erased = 0;
  for (const { leaf, leaf_utf8_hex, opening, path, index } of units) {
    assert.equal(hex(canonical(leaf)), leaf_utf8_hex);
    const whole = opening.members.every((member: unknown) => typeof member === 'string');
    const ordered = whole ? opening.members : opening.members.map(hashOf);
    const commit = whole ? rosterCommitment : seatedCommitment;
    assert.equal(commit(unb64u(opening.salt), ordered, opening.name), leaf.roster);
    assert.deepEqual([...ordered].sort(), ordered);
    erased += ordered.length - opening.members.filter((member: { label?: string }) => whole || member.label).length;
    assert.ok(isIncluded(canonical(leaf), index, count, path.map(bytes), bytes(root)));
  }
  assert.equal(erased, 1);
});

test('slots: lists commit to the same hash and are recognised as the closed ones', () => {
  const { count, root, units, box, box_rows } = made.slots;
  const sorted = [...box_rows].sort((a, b) => (`${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1));
  assert.equal(sha256Hex(canonical(sorted)), box);
  for (const { unit, list, salt, slots, path, index, leaf_utf8_hex } of units) {
    assert.equal(slotsCommitment(unb64u(salt), list), slots);
    assert.equal(hex(slotLeaf(unit, unb64u(salt), list)), leaf_utf8_hex);
    const closed = { round: made.keys.round, box, early: false, units: { count, root } };
    assert.ok(isSlotList(closed, { unit, index }, 1_000, { list, salt, path, index, count }));
    assert.equal(isSlotList(closed, { unit, index: index + 1 }, 1_000, { list, salt, path, index, count }), false);
  }
});

test('log: the whole log follows, hash by hash, and the manifest in it reads', () => {
  const entries = made.log.entries.map(readEntry);
  entries.forEach((entry: ReturnType<typeof readEntry>, index: number) => assert.equal(entryHash(entry), made.log.hashes[index]));
  const head = followLog(null, entries);
  assert.equal(head?.hash, made.log.hashes.at(-1));
  const manifest = entries.find((entry: { kind: string }) => entry.kind === 'manifest');
  assert.ok(isObject(manifest?.body));
  assert.equal(readManifest(manifest.body).round, manifest.body.round);
});

test('fingerprints: the same twelve words', () => {
  assert.equal(words.length, 2048);
  for (const one of made.fingerprints) assert.equal(fingerprint(one.manifest, words), one.fingerprint);
});
