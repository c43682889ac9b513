/** Whatever a parser of the browser code is given: a value, or the one error that it declares. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPlaintext } from '../src/ballot.ts';
import { readInstrument } from '../src/instrument.ts';
import { keyFromWords } from '../src/key-words.ts';
import { readClosed, readEntry, readManifest, readSlotProof, readUnitProof } from '../src/manifest.ts';
import { readFromApp, readFromFrame } from '../src/messages.ts';
import { readCode, readSeen } from '../src/room-door.ts';
import { readKey } from '../src/setup.ts';
import { readOffer, readReceipt } from '../src/wallet.ts';
import { canonical, fromUtf8, type Json, type JsonObject, parseCanonical, parseJson, unb64u, unhex, utf8 } from '../src/wire.ts';

const RUNS = Number(process.env['ANDON_FUZZ_RUNS'] ?? 300);
const ID = '0'.repeat(32);
const HASH = '0'.repeat(64);
const source = {};
const expected = { origin: 'https://andon.example.org', source, nonce: ID };
const incoming = (data: unknown) => ({ origin: expected.origin, source, data });

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(undefined, Number.NaN, Infinity, -1, 2 ** 53, 1.5, '', '\ud800', '__proto__', [], {}, [[]], { __proto__: null }, ID, HASH),
);

/** A value with one of its parts replaced, left out or added. */
function changed(value: unknown): fc.Arbitrary<unknown> {
  return fc.tuple(fc.array(fc.nat(), { maxLength: 6 }), odd, fc.constantFrom('replace', 'remove', 'add')).map(([path, other, how]) => {
    const whole = { root: structuredClone(value) } as Record<string, unknown>;
    let holder = whole;
    let key = 'root';
    for (const step of path) {
      const inner = holder[key];
      if (typeof inner !== 'object' || inner === null || Object.keys(inner).length === 0) break;
      holder = inner as Record<string, unknown>;
      key = Object.keys(holder)[step % Object.keys(holder).length] ?? key;
    }
    if (how === 'remove') delete holder[key];
    else holder[how === 'add' ? `${key}x` : key] = other;
    return whole['root'];
  });
}

const INSTRUMENT = {
  scale: { labels: { de: ['a', 'b', 'c', 'd', 'e'], en: ['a', 'b', 'c', 'd', 'e'] } },
  statements: [{ code: 'AA1', wording: { de: 'Wir', en: 'We' } }],
  translations: { de: 'draft', en: 'original' },
};
const SEEN = { cards: null, chosen: 0, look_again_in: 1000, mine: false, phase: 'open', phones: 3, statement: { code: 'AA1' }, turn: 1, turns_in: null };
const OFFER = { me: 'Bo', rounds: [{ issued: [], purposes: ['ballot'], round: ID }], wallet: 'w' };
const ENTRY = { body: { round: ID }, index: 1, kind: 'opened', previous: HASH, signature: null };
const PROOF = { count: 1, index: 0, path: [HASH], leaf: { keys: { ballot: 'AA' }, roster: HASH, unit: ID }, opening: { members: ['a'], name: 'n', salt: 'AA' } };
const SLOTS = { count: 1, index: 0, list: [[HASH, 'ballot', HASH]], path: [], salt: 'A'.repeat(43) };

/** By name: what it reads, a value that is near to a good one, and the errors that it declares. */
const OF_VALUES: Record<string, [(value: never) => unknown, unknown, string[]]> = {
  canonical: [canonical as never, { a: [1, 'x', null] }, ['Malformed']],
  readEntry: [readEntry as never, ENTRY, ['Malformed', 'Refusal']],
  readManifest: [readManifest as never, { andon: 'v1', round: ID, bundle: { 'a.js': HASH } }, ['Malformed', 'Refusal']],
  readUnitProof: [readUnitProof as never, PROOF, ['Malformed', 'Refusal']],
  readSlotProof: [readSlotProof as never, SLOTS, ['Malformed', 'Refusal']],
  readClosed: [((value: JsonObject) => readClosed(typeof value === 'object' && value !== null ? value : {})) as never, { box: HASH, early: false, round: ID, units: { count: 1, root: HASH } }, ['Malformed', 'Refusal']],
  readOffer: [readOffer as never, OFFER, ['Malformed']],
  readReceipt: [readReceipt as never, { slot: HASH, ciphertextHash: HASH, sequence: 1 }, ['Malformed']],
  readSeen: [readSeen as never, SEEN, ['NotReached']],
  readInstrument: [((value: Json) => readInstrument(canonical(value), ['de'])) as never, INSTRUMENT, ['Malformed']],
  readFromApp: [((value: unknown) => readFromApp(incoming(value), expected)) as never, { andon: 'v1', nonce: ID, type: 'slots', round: ID, slots: {} }, []],
  readFromFrame: [((value: unknown) => readFromFrame(incoming(value), expected)) as never, { andon: 'v1', nonce: ID, type: 'blinded', round: ID, blinded: [{ purpose: 'ballot', value: 'AA' }] }, []],
  unb64u: [unb64u as never, 'AAAA', ['Malformed']],
  unhex: [unhex as never, '00ff', ['Malformed']],
};
const bytesOf = (text: string) => new TextEncoder().encode(text);
const OF_TEXT: Record<string, [(text: string) => unknown, string[]]> = {
  parseJson: [parseJson, ['Malformed']],
  parseCanonical: [(text) => parseCanonical(bytesOf(text)), ['Malformed']],
  utf8: [utf8, ['Malformed']],
  readCode: [readCode, []],
  readKey: [readKey, []],
  keyFromWords: [(text) => keyFromWords(text, ['abandon', 'ability']), ['Malformed']],
};
const PIECES = ['[', '{"a":', '"', '9', '\u0000', '\ud800', ' ', '-', 'abandon ', 'é', 'ß', 'İ'];

function hold(read: (value: never) => unknown, value: unknown, declared: readonly string[]): void {
  try {
    read(value as never);
  } catch (fault) {
    assert.ok(declared.includes((fault as Error).name), `${(fault as Error).name}: ${(fault as Error).message}`);
  }
}

for (const [name, [read, near, declared]] of Object.entries(OF_VALUES)) {
  test(`${name} raises nothing that it does not declare`, () => {
    fc.assert(fc.property(fc.oneof(odd, changed(near)), (value) => hold(read, value, declared)), { numRuns: RUNS });
  });
}

for (const [name, [read, declared]] of Object.entries(OF_TEXT)) {
  test(`${name} raises nothing that it does not declare, also for what has no end`, () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => hold(read as never, text, declared)), { numRuns: RUNS });
    for (const piece of PIECES) hold(read as never, piece.repeat(20_000), declared);
  });
}

test('bytes that are no text, and plaintexts of any kind, are refused in one way', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => hold(fromUtf8 as never, bytes, ['Malformed'])), { numRuns: RUNS });
  const codes = new Set(['AA1']);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (start) => {
      const padded = new Uint8Array(2_048);
      padded.set(start);
      hold(((given: Uint8Array) => readPlaintext(given, 'ballot', codes)) as never, padded, ['Malformed']);
    }),
    { numRuns: RUNS },
  );
});

test('an instrument that names an original without texts is read once', () => {
  const named = { ...INSTRUMENT, scale: { labels: { de: INSTRUMENT.scale.labels.de } }, translations: { de: 'draft', fr: 'original' } };
  const read = readInstrument(canonical(named as Json), ['de']);
  assert.equal(read.original, null);
});

test('a parser that raises something else is seen', () => {
  const frail = (value: { a: { b: number } }) => value.a.b;
  assert.throws(() => fc.assert(fc.property(changed({ a: { b: 1 } }), (value) => hold(frail as never, value, ['Malformed'])), { numRuns: 1_000 }));
});
