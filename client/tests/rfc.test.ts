/** The vectors of the RFCs themselves: what others agree on comes first. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305';
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { finalise } from '../src/credential.ts';
import { concat, hex } from '../src/wire.ts';
import { bytes, bytesForScalar, vectors } from './support.ts';

const { voprf } = ristretto255_oprf;
const suites = vectors('rfc9497-ristretto255-sha512.json');
const suite = suites.find((one: { mode: number }) => one.mode === 1);
const single = suite.vectors.filter((one: { Batch: number }) => one.Batch === 1);

test('RFC 9497: keys derive as printed', () => {
  const keys = voprf.deriveKeyPair(bytes(suite.seed), bytes(suite.keyInfo));
  assert.equal(hex(keys.secretKey), suite.skSm);
  assert.equal(hex(keys.publicKey), suite.pkSm);
});

for (const vector of single) {
  test(`RFC 9497: input ${vector.Input} blinds, evaluates and finalises as printed`, () => {
    const input = bytes(vector.Input);
    const drawn = voprf.blind(input, (length = 48) => bytesForScalar(bytes(vector.Blind), length));
    assert.equal(hex(drawn.blind), vector.Blind);
    assert.equal(hex(drawn.blinded), vector.BlindedElement);
    const evaluation = voprf.blindEvaluate(bytes(suite.skSm), bytes(suite.pkSm), drawn.blinded, (length = 48) =>
      bytesForScalar(bytes(vector.Proof.r), length),
    );
    assert.equal(hex(evaluation.evaluated), vector.EvaluationElement);
    assert.equal(hex(evaluation.proof), vector.Proof.proof);
    const slip = { secretKey: input, publicKey: input, blind: concat(drawn.blind), blinded: concat(drawn.blinded) };
    const output = finalise(slip, concat(bytes(vector.Proof.proof), bytes(vector.EvaluationElement)), bytes(suite.pkSm));
    assert.equal(hex(output), vector.Output);
  });

  test(`RFC 9497: input ${vector.Input} is refused under another key or with any bit of the proof turned`, () => {
    const input = bytes(vector.Input);
    const slip = { secretKey: input, publicKey: input, blind: bytes(vector.Blind), blinded: bytes(vector.BlindedElement) };
    const evaluation = concat(bytes(vector.Proof.proof), bytes(vector.EvaluationElement));
    const other = voprf.deriveKeyPair(bytes(suite.seed), bytes('00')).publicKey;
    assert.throws(() => finalise(slip, evaluation, other), { code: 'proof_invalid' });
    for (const at of [0, 31, 32, 63, 64, 95]) {
      const turned = concat(evaluation);
      turned[at] = (turned[at] ?? 0) ^ 1;
      assert.throws(() => finalise(slip, turned, bytes(suite.pkSm)), { code: 'proof_invalid' });
    }
  });
}

test('RFC 9180: base mode of our suite opens and seals what the RFC prints', async () => {
  const printed = vectors('rfc9180-x25519-sha256-chacha20poly1305-base.json');
  const vector = Array.isArray(printed) ? printed[0] : (printed.vector ?? printed);
  const hpke = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });
  const recipientKey = await hpke.kem.deserializePrivateKey(bytes(vector.skRm).buffer);
  const recipient = await hpke.createRecipientContext({
    recipientKey,
    enc: bytes(vector.enc).buffer,
    info: bytes(vector.info).buffer,
  });
  const sender = await hpke.createSenderContext({
    recipientPublicKey: await hpke.kem.deserializePublicKey(bytes(vector.pkRm).buffer),
    info: bytes(vector.info).buffer,
    ekm: bytes(vector.ikmE).buffer,
  });
  assert.equal(hex(new Uint8Array(sender.enc)), vector.enc);
  for (const { ct, aad, pt } of vector.encryptions.slice(0, 3)) {
    assert.equal(hex(new Uint8Array(await recipient.open(bytes(ct).buffer, bytes(aad).buffer))), pt);
    assert.equal(hex(new Uint8Array(await sender.seal(bytes(pt).buffer, bytes(aad).buffer))), ct);
  }
});
