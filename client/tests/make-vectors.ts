/**
 * Makes vectors/andon-typescript.json: what this side makes, for the other side to check.
 * The structure is that of andon-python.json where it has one; running it again changes nothing.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { ed25519, ristretto255_oprf, x25519 } from '@noble/curves/ed25519.js';
import wordText from '../../src/andon/kernel/manifest/words.txt';
import { buildCast, castMessage, type Payload, plaintext, sealInfo, slotOf } from '../src/ballot.ts';
import { drawSlip, finalise } from '../src/credential.ts';
import {
  entryHash,
  fingerprint,
  type ListedSlot,
  type LogEntry,
  merklePath,
  merkleRoot,
  rosterCommitment,
  seatedCommitment,
  signedMessage,
  slotLeaf,
  slotsCommitment,
} from '../src/manifest.ts';
import { b64u, type Bytes, canonical, concat, fromUtf8, hex, type JsonObject, lp, sha256Hex, u32, unb64u } from '../src/wire.ts';
import { hashOf } from './stage.ts';
import { bytesForScalar } from './support.ts';

const { voprf } = ristretto255_oprf;

/** Looks random, is the same every time, and says where it is used. */
function drawn(label: string, length = 32): Bytes {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => sha256(lp('andon/v1/vectors/typescript', label, u32(i))));
  return concat(...blocks).subarray(0, length) as Bytes;
}

const idOf = (label: string): string => hex(drawn(label, 16));
const round = idOf('round');
const seed = drawn('seed');
const boxKey = drawn('box key');
const boxPublicKey = concat(x25519.getPublicKey(boxKey));
const steward = drawn('steward');
const delegate = drawn('delegate');
const unitIds = ['unit 0', 'unit 1', 'unit 2'].map(idOf).sort();
const [firstUnit = ''] = unitIds;
const purposes = ['ballot', 'ballot/LE1', 'comment'];

const evaluationKeys = (unit: string, purpose: string) => voprf.deriveKeyPair(seed, lp('andon/v1', round, unit, purpose));

function makeSlip(label: string, unit: string, purpose: string) {
  const keys = evaluationKeys(unit, purpose);
  const scalar = hex(drawn(`${label} blind`, 31)).concat('00');
  let calls = 0;
  const slip = drawSlip((length) =>
    calls++ === 0 ? drawn(`${label} key`) : bytesForScalar(Uint8Array.from(Buffer.from(scalar, 'hex')), length),
  );
  const { evaluated, proof } = voprf.blindEvaluate(keys.secretKey, keys.publicKey, slip.blinded, (length = 48) => drawn(`${label} proof`, length));
  const evaluation = concat(proof, evaluated);
  const output = finalise(slip, evaluation, keys.publicKey);
  return {
    slip,
    output,
    vector: {
      blind: hex(slip.blind),
      blinded: hex(slip.blinded),
      evaluation: hex(evaluation),
      input: hex(slip.publicKey),
      output: hex(output),
      private_key: hex(slip.secretKey),
      purpose,
      server_public_key: hex(keys.publicKey),
      unit,
    },
  };
}

async function makeBallot(label: string, purpose: string, sequence: number, payload: Payload) {
  const { slip, output } = makeSlip(label, firstUnit, purpose);
  const place = { round, unit: firstUnit, purpose };
  const voter = { ...slip, output };
  const cast = await buildCast(voter, place, boxPublicKey, sequence, payload, drawn(`${label} ephemeral`));
  const ciphertext = unb64u((JSON.parse(fromUtf8(cast.body)) as { ciphertext: string }).ciphertext);
  const slot = slotOf(slip.publicKey);
  return {
    body: fromUtf8(cast.body),
    box_key: hex(boxKey),
    ciphertext: hex(ciphertext),
    ciphertext_sha256: cast.ciphertextHash,
    info: hex(sealInfo(place, slot, sequence)),
    output: hex(output),
    plaintext: hex(plaintext(payload)),
    private_key: hex(slip.secretKey),
    public_key: hex(slip.publicKey),
    purpose,
    round,
    seed: hex(seed),
    sequence,
    signature: hex(ed25519.sign(castMessage(place, voter, sequence, ciphertext), slip.secretKey)),
    slot: hex(slot),
    unit: firstUnit,
  };
}

function makeUnits() {
  const rosters = [
    ['Ada', 'Bo', 'Cy', 'Dee', 'Eli'],
    // Beyond U+FFFF the order by UTF-16 code units is not the order by code points.
    ['\u{1F600} Fay', '\uFF5E Gus', 'Hal', 'Ida', 'Jo', 'Kim'],
    ['Lea', 'Max', 'Noa', 'Ole', 'Pia', 'Quin', 'Ren'],
  ];
  const units = unitIds.map((unit, i) => {
    const members = (rosters[i] ?? []).map((name, n) => `${name} <member-${i}-${n}@example.org>`).sort();
    const name = `Unit ${i}`;
    const salt = drawn(`roster salt ${i}`);
    // One roster of version 0.1.0, and two of which members can be erased; from one of these somebody was.
    const seats: JsonObject[] = members
      .map((label, n) => ({ label, salt: b64u(drawn(`seat salt ${i} ${n}`, 16)) }))
      .sort((a, b) => (hashOf(a) < hashOf(b) ? -1 : 1))
      .map((seat, n) => (i === 2 && n === 3 ? { hash: hashOf(seat) } : seat));
    const keys = Object.fromEntries(purposes.map((purpose) => [purpose, b64u(evaluationKeys(unit, purpose).publicKey)]));
    const roster = i === 0 ? rosterCommitment(salt, members, name) : seatedCommitment(salt, seats.map(hashOf), name);
    const leaf: JsonObject = { keys, roster, unit };
    return { leaf, opening: { members: i === 0 ? members : seats, name, salt: b64u(salt) } };
  });
  const leaves = units.map(({ leaf }) => canonical(leaf));
  return {
    count: leaves.length,
    root: hex(merkleRoot(leaves)),
    units: units.map((unit, index) => ({
      index,
      leaf: unit.leaf,
      leaf_utf8_hex: hex(leaves[index] ?? new Uint8Array()),
      opening: unit.opening,
      path: merklePath(leaves, index).map(hex),
    })),
  };
}

/** The leaves that RFC 9162's predecessor was tested with, for 1 to 8 of them. */
function makeMerkle() {
  const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  return leaves.map((_, last) => {
    const some = leaves.slice(0, last + 1);
    const raw = some.map((leaf) => Uint8Array.from(Buffer.from(leaf, 'hex')));
    return { leaves: some, paths: raw.map((__, index) => merklePath(raw, index).map(hex)), root: hex(merkleRoot(raw)) };
  });
}

function makeSlots(rows: { unit: string; slot: string; purpose: string; sequence: number; ciphertext_sha256: string }[]) {
  const units = unitIds.map((unit, i) => {
    const listed = rows
      .filter((row) => row.unit === unit)
      .map((row): ListedSlot => [row.slot, row.purpose, row.ciphertext_sha256])
      .sort((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1));
    const salt = drawn(`slots salt ${i}`);
    return { unit, list: listed, salt, leaf: slotLeaf(unit, salt, listed) };
  });
  const leaves = units.map(({ leaf }) => leaf);
  const boxRows = rows
    .map((row): [string, string, number, string] => [row.slot, row.purpose, row.sequence, row.ciphertext_sha256])
    .sort((a, b) => (`${a[0]} ${a[1]}` < `${b[0]} ${b[1]}` ? -1 : 1));
  return {
    box: sha256Hex(canonical(boxRows)),
    box_rows: boxRows,
    count: leaves.length,
    root: hex(merkleRoot(leaves)),
    units: units.map(({ unit, list, salt, leaf }, index) => ({
      index,
      leaf_utf8_hex: hex(leaf),
      list,
      path: merklePath(leaves, index).map(hex),
      salt: b64u(salt),
      slots: slotsCommitment(salt, list),
      unit,
    })),
  };
}

function makeLog(units: { count: number; root: string }, slots: { box: string; count: number; root: string }) {
  const entries: LogEntry[] = [];
  const append = (kind: string, body: JsonObject): void => {
    const last = entries.at(-1);
    const signed = ['genesis', 'delegation', 'manifest', 'bundle'].includes(kind);
    const delegated = ['manifest', 'bundle'].includes(kind) && entries.some((entry) => entry.kind === 'delegation');
    entries.push({
      body,
      index: entries.length,
      kind,
      previous: last ? entryHash(last) : '0'.repeat(64),
      signature: signed ? b64u(ed25519.sign(signedMessage(kind, body), delegated ? delegate : steward)) : null,
    });
  };
  append('genesis', { andon: 'v1', organisation: idOf('organisation'), steward_key: b64u(ed25519.getPublicKey(steward)) });
  const manifest: JsonObject = {
    andon: 'v1',
    box_key: b64u(boxPublicKey),
    bundle: { 'answer.html': hex(drawn('answer.html')), 'answer.js': hex(drawn('answer.js')) },
    closes_at: '2026-11-30T17:00:00Z',
    generations: { ballots: idOf('generation of ballots'), issuance: idOf('generation of issuance') },
    instrument: { id: 'andon-core', sha256: hex(drawn('instrument')), version: '1.0.0' },
    kind: 'full',
    opens_at: '2026-11-23T08:00:00Z',
    policy: { bands: 'wide-4', early_close: false, least_ballots: 5, rules: 'andon-disclosure/1' },
    previous: entryHash(entries[0] as LogEntry),
    purposes: ['ballot', 'comment'],
    round,
    units: { count: units.count, root: units.root },
  };
  append('manifest', manifest);
  append('delegation', {
    andon: 'v1',
    delegate: b64u(ed25519.getPublicKey(delegate)),
    from: '2026-11-01T00:00:00Z',
    organisation: idOf('organisation'),
    previous: entryHash(entries[0] as LogEntry),
    until: '2027-12-06T00:00:00Z',
  });
  append('bundle', { files: { 'answer.js': hex(drawn('answer.js again')) }, reason: 'The scale could not be read in print.', round });
  append('opened', { round });
  append('closed', { box: slots.box, early: false, round, units: { count: slots.count, root: slots.root } });
  const hashes = entries.map(entryHash);
  return { manifest, log: { delegate_private_key: hex(delegate), entries, hashes, steward_private_key: hex(steward) } };
}

export async function makeVectors(): Promise<string> {
  const payloads: [string, Payload][] = [
    ['ballot', { answers: { AC1: 1, CH2: 5, LE1: 3 }, v: 1 }],
    ['ballot', { answers: {}, v: 1 }],
    ['ballot/LE1', { answers: { LE1: 4 }, v: 1 }],
    ['comment', { comment: 'Handing over takes „too long“, and 😀 nobody says so.\n', v: 1 }],
  ];
  const sequences = [1, 2, 2 ** 32 - 1, 7];
  const ballots = [];
  for (const [i, [purpose, payload]] of payloads.entries()) {
    ballots.push(await makeBallot(`ballot ${i}`, purpose, sequences[i] ?? 1, payload));
  }
  const units = makeUnits();
  const slots = makeSlots(ballots);
  const { manifest, log } = makeLog(units, slots);
  const words = wordText.trim().split('\n');
  const vectors = {
    andon: 'v1',
    ballots,
    fingerprints: [{ fingerprint: fingerprint(manifest, words), manifest }],
    keys: {
      box_key: hex(boxKey),
      box_public_key: hex(boxPublicKey),
      derived: unitIds.flatMap((unit) =>
        purposes.map((purpose) => ({
          info: hex(lp('andon/v1', round, unit, purpose)),
          public_key: hex(evaluationKeys(unit, purpose).publicKey),
          purpose,
          unit,
        })),
      ),
      round,
      seed: hex(seed),
    },
    log,
    made_by: 'typescript',
    merkle: makeMerkle(),
    payloads: payloads.map(([purpose, payload]) => ({
      codes: ['AC1', 'CH2', 'LE1'],
      payload,
      plaintext: hex(plaintext(payload)),
      purpose,
    })),
    slips: unitIds.flatMap((unit) => purposes.map((purpose) => makeSlip(`slip ${unit} ${purpose}`, unit, purpose).vector)),
    slots,
    units,
    wire: {
      canonical: [{}, { b: 1, a: [true, null, -5], é: '\u{1F600}\u2028"\\\u0001' }, ['z', 'ä', '\u{1F600}'], { '\u{1F600}': 1, '\uFF5E': 2 }].map((value) => ({
        utf8_hex: hex(canonical(value)),
        value,
      })),
      lp: [[], [''], ['a', 'bc'], ['ab', 'c'], ['é😀', 'x'.repeat(300)]].map((parts) => ({ hex: hex(lp(...parts)), text_parts: parts })),
      b64u: ['', '00', 'fbff', 'ffeeddcc'].map((text) => ({ hex: text, text: b64u(Uint8Array.from(Buffer.from(text, 'hex'))) })),
      u32: [0, 1, 255, 65_536, 2 ** 32 - 1].map((n) => ({ hex: hex(u32(n)), n })),
    },
  };
  return `${JSON.stringify(sorted(vectors), null, 1)}\n`;
}

/** Keys in order, so that a change shows as the lines that changed. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, sorted(member)]));
}

