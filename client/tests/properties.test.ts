/** What must hold for every value, not only for those somebody thought of. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { buildCast, open, plaintext, readPlaintext, slotOf } from '../src/ballot.ts';
import { drawSlip, finalise } from '../src/credential.ts';
import { isIncluded, merklePath, merkleRoot } from '../src/manifest.ts';
import { b64u, canonical, concat, hex, lp, parseCanonical, sameBytes, unb64u, unhex } from '../src/wire.ts';
import { newId, random } from './stage.ts';

const { voprf } = ristretto255_oprf;
const { evaluate } = voprf as unknown as { evaluate: (key: Uint8Array, input: Uint8Array) => Uint8Array };
const raw = (most = 64) => fc.uint8Array({ maxLength: most });
const wireValue = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.constant(null), fc.boolean(), fc.maxSafeInteger().map((n) => n + 0), fc.string({ unit: 'grapheme' }), fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
})).value;

test('base64url and hex have one spelling per value', () => {
  fc.assert(
    fc.property(raw(), (bytes) => {
      assert.ok(sameBytes(unb64u(b64u(bytes)), bytes));
      assert.ok(sameBytes(unhex(hex(bytes)), bytes));
      assert.equal(b64u(bytes), Buffer.from(bytes).toString('base64url'));
    }),
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      try {
        assert.equal(b64u(unb64u(text)), text);
      } catch (fault) {
        assert.equal((fault as Error).name, 'Malformed');
      }
    }),
  );
});

test('lp gives different bytes for different lists of parts', () => {
  fc.assert(
    fc.property(fc.array(raw(6)), fc.array(raw(6)), (a, b) => {
      const same = a.length === b.length && a.every((part, i) => sameBytes(part, b[i] ?? new Uint8Array()));
      assert.equal(sameBytes(lp(...a), lp(...b)), same);
    }),
  );
});

test('canonical JSON reads back, and is the same whatever the order of keys', () => {
  fc.assert(
    fc.property(wireValue, (value) => {
      const bytes = canonical(value);
      assert.ok(sameBytes(canonical(parseCanonical(bytes)), bytes));
    }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (object) => {
      const turned = Object.fromEntries(Object.entries(object).reverse());
      assert.ok(sameBytes(canonical(object), canonical(turned)));
    }),
  );
});

test('any payload has one size and reads back; any turned bit of the padding is refused', () => {
  const codes = new Set(['AA1', 'BB2', 'CC3']);
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...codes), fc.integer({ min: 1, max: 5 })), fc.nat(), (answers, at) => {
      const padded = plaintext({ answers: { ...answers }, v: 1 });
      assert.equal(padded.length, 2048);
      assert.deepEqual(readPlaintext(padded, 'ballot', codes), { answers: { ...answers }, v: 1 });
      const used = 2 + (((padded[0] ?? 0) << 8) | (padded[1] ?? 0));
      padded[used + (at % (2048 - used))] = 1;
      assert.throws(() => readPlaintext(padded, 'ballot', codes), { name: 'Malformed' });
    }),
  );
});

// Equal leaves may stand in for each other, and should: a leaf's place matters because its content names the unit.
const distinct = fc.uniqueArray(raw(8), { minLength: 1, maxLength: 20, selector: (leaf) => hex(leaf) });

test('every leaf of every tree is included at its own place and at no other', () => {
  fc.assert(
    fc.property(distinct, fc.nat(), fc.nat(), (leaves, a, b) => {
      const root = merkleRoot(leaves);
      const [index, other] = [a % leaves.length, b % leaves.length];
      const leaf = leaves[index] ?? new Uint8Array();
      const path = merklePath(leaves, index);
      assert.ok(isIncluded(leaf, index, leaves.length, path, root));
      if (other !== index) assert.ok(!isIncluded(leaf, other, leaves.length, path, root));
      assert.ok(!isIncluded(concat(leaf, Uint8Array.of(0)), index, leaves.length, path, root));
    }),
  );
});

test('every slip that was drawn finalises to what the server computes, and blinded values do not repeat', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
      const keys = voprf.deriveKeyPair(seed, lp('andon/v1', newId(), newId(), 'ballot'));
      const slip = drawSlip();
      const { evaluated, proof } = voprf.blindEvaluate(keys.secretKey, keys.publicKey, slip.blinded);
      const output = finalise(slip, concat(proof, evaluated), keys.publicKey);
      assert.ok(sameBytes(output, evaluate(keys.secretKey, slip.publicKey)));
      assert.ok(!seen.has(hex(slip.blinded)));
      seen.add(hex(slip.blinded));
    }),
    { numRuns: 15 },
  );
});

test('every cast is 4,096 bytes and opens for its own place and sequence only', async () => {
  const { x25519 } = await import('@noble/curves/ed25519.js');
  const boxSecret = random(32);
  const boxKey = concat(x25519.getPublicKey(boxSecret));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.string({ unit: 'grapheme', maxLength: 40 }), async (sequence, comment) => {
      const { secretKey, publicKey } = drawSlip();
      const place = { round: newId(), unit: newId(), purpose: 'comment' };
      const cast = await buildCast({ secretKey, publicKey, output: random(64) }, place, boxKey, sequence, { comment, v: 1 });
      assert.equal(cast.body.length, 4096);
      const { ciphertext } = JSON.parse(new TextDecoder().decode(cast.body)) as { ciphertext: string };
      const slot = slotOf(publicKey);
      const padded = await open(boxSecret, place, slot, sequence, unb64u(ciphertext));
      assert.deepEqual(readPlaintext(padded, 'comment', new Set()), { comment, v: 1 });
      await assert.rejects(open(boxSecret, { ...place, purpose: 'ballot' }, slot, sequence, unb64u(ciphertext)));
      await assert.rejects(open(boxSecret, place, slot, sequence === 1 ? 2 : sequence - 1, unb64u(ciphertext)));
    }),
    { numRuns: 15 },
  );
});
