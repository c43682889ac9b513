/** Whatever a server, a file, a page or a person hands to a parser: a value, or a refusal of its own kind. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
/** Whatever a parser of the browser code is given: a value, or the one error that it declares. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPlaintext } from '../src/ballot.ts';
import { readInstrument } from '../src/instrument.ts';
import { readClosed, readEntry, readManifest, readSlotProof, readUnitProof } from '../src/manifest.ts';
import { read, readFromApp, readFromFrame } from '../src/messages.ts';
import { readCode, readSeen } from '../src/room-door.ts';
import { readKey } from '../src/setup.ts';
import { readOffer, readReceipt } from '../src/wallet.ts';
import { b64u, canonical, fromUtf8, type Json, type JsonObject, parseCanonical, parseJson, unb64u, unhex, utf8 } from '../src/wire.ts';
import { LABELS, newId, random } from './stage.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);
// What is refused, by name: nothing else may come out of a parser.
const REFUSALS = ['Malformed', 'Refusal', 'NotReached'];
const VECTORS = JSON.parse(readFileSync('vectors/andon-python.json', 'utf8'));
const ENTRIES = VECTORS.log.entries as JsonObject[];
const bodyOf = (kind: string): JsonObject => ENTRIES.find((entry) => entry['kind'] === kind)?.['body'] as JsonObject;

interface Parser {
  covers: string[];
  read: (value: never) => unknown;
  good: unknown[];
}

const ROUND = newId();
const NONCE = newId();
const expected = { origin: 'https://andon.example.org', source: 'there', nonce: NONCE };
const message = (data: unknown) => ({ origin: expected.origin, source: expected.source, data }) as never;
const digest = '0'.repeat(64);
const instrument = {
  scale: { labels: { en: LABELS } },
  statements: [{ code: 'IN1', wording: { en: 'I can be myself.', de: 'Ich kann sein, wie ich bin.' } }],
  translations: { en: 'original', de: 'draft' },
};
const seen = { cards: [1, 0, 0, 2, 0], chosen: 3, look_again_in: 1, mine: true, phase: 'open', phones: 4, statement: { code: 'IN1' }, turn: 1, turns_in: null };
const payload = VECTORS.payloads[0] as { plaintext: string; purpose: string; codes: string[] };

const PARSERS: Parser[] = [
  { covers: ['wire:unb64u'], read: (text) => unb64u(text), good: [b64u(random(5)), ''] },
  { covers: ['wire:unhex'], read: (text) => unhex(text), good: ['00ff'] },
  { covers: ['wire:fromUtf8'], read: (bytes) => fromUtf8(bytes), good: [utf8('ä')] },
  { covers: ['wire:parseCanonical'], read: (bytes) => parseCanonical(bytes), good: [canonical(instrument as Json)] },
  { covers: ['wire:parseJson'], read: (text) => parseJson(text), good: ['{"a":[1,null,"b"]}'] },
  { covers: ['manifest:readEntry'], read: (value) => readEntry(value), good: ENTRIES },
  { covers: ['manifest:readManifest'], read: (value) => readManifest(value), good: [bodyOf('manifest')] },
  { covers: ['manifest:readClosed'], read: (value) => readClosed(value), good: [bodyOf('closed')] },
  {
    covers: ['manifest:readUnitProof'],
    read: (value) => readUnitProof(value),
    good: [{ leaf: {}, opening: {}, path: [digest], index: 0, count: 1 }],
  },
  {
    covers: ['manifest:readSlotProof'],
    read: (value) => readSlotProof(value),
    good: [{ list: [[digest, 'ballot', digest]], salt: b64u(random(32)), path: [], index: 0, count: 1 }],
  },
  { covers: ['messages:read'], read: (data) => read(message(data), expected), good: [{ andon: 'v1', nonce: NONCE, type: 'offer' }] },
  {
    covers: ['messages:readFromApp'],
    read: (data) => readFromApp(message(data), expected),
    good: [
      { andon: 'v1', nonce: NONCE, type: 'evaluated', round: ROUND },
      { andon: 'v1', nonce: NONCE, type: 'slots', round: ROUND, slots: {} },
    ],
  },
  {
    covers: ['messages:readFromFrame'],
    read: (data) => readFromFrame(message(data), expected),
    good: [{ andon: 'v1', nonce: NONCE, type: 'blinded', round: ROUND, blinded: [{ purpose: 'ballot', value: 'a' }] }],
  },
  {
    covers: ['wallet:readOffer'],
    read: (value) => readOffer(value),
    good: [{ me: 'Ada', wallet: 'one', rounds: [{ round: ROUND, purposes: ['ballot'], issued: [] }] }],
  },
  { covers: ['wallet:readReceipt'], read: (value) => readReceipt(value), good: [null, { slot: digest, ciphertextHash: digest, sequence: 1 }] },
  { covers: ['room-door:readSeen'], read: (value) => readSeen(value), good: [seen, { ...seen, cards: null, statement: { text: 'We say it.' } }] },
  { covers: ['room-door:readCode'], read: (text) => readCode(text), good: ['0123-4567'] },
  { covers: ['setup:readKey'], read: (text) => readKey(text), good: [b64u(random(32))] },
  { covers: ['instrument:readInstrument'], read: (bytes) => readInstrument(bytes, ['de-AT', 'en']), good: [canonical(instrument as Json)] },
  {
    covers: ['ballot:readPlaintext'],
    read: (bytes) => readPlaintext(bytes, payload.purpose, new Set(payload.codes)),
    good: [unhex(payload.plaintext)],
  },
];

/** Anything that can stand in JSON, and what only a message between pages can hold. */
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, undefined, Number.NaN, Infinity, -0, 2 ** 53, 1.5, '', '__proto__', 'constructor'),
    fc.integer(),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value')),
    fc.dictionary(fc.string(), tie('value')),
  ),
})).value;

function placesOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => placesOf(inner, [...path, name]))];
}

function replaced(value: unknown, [name, ...rest]: string[], by: unknown): unknown {
  if (name === undefined) return by;
  if (Array.isArray(value)) return value.map((inner, place) => (String(place) === name ? replaced(inner, rest, by) : inner));
  return { ...(value as object), [name]: replaced((value as JsonObject)[name], rest, by) };
}

function bytesNear(good: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.nat(good.length);
  return fc.tuple(place, place, fc.uint8Array({ maxLength: 12 })).map(([from, to, piece]) => {
    const [begin, end] = from < to ? [from, to] : [to, from];
    return new Uint8Array([...good.slice(0, begin), ...piece, ...good.slice(end)]);
  });
}

function near(good: unknown): fc.Arbitrary<unknown> {
  if (good instanceof Uint8Array) return fc.oneof(fc.uint8Array({ maxLength: 100 }), bytesNear(good));
  if (typeof good === 'string') {
    const bytes = bytesNear(utf8(good)).map((changed) => new TextDecoder().decode(changed));
    return fc.oneof(fc.string({ unit: 'binary' }), bytes);
  }
  const places = placesOf(good);
  return fc.oneof(
    anything,
    fc.tuple(fc.constantFrom(...places), anything).map(([place, by]) => replaced(good, place, by)),
    fc.tuple(fc.string(), anything).map(([name, by]) => ({ ...(good as object), [name]: by })),
  );
}

function fault({ read: parse }: Parser, sent: unknown): string | null {
  try {
    parse(sent as never);
  } catch (error) {
    const { name, message: said } = error as Error;
    if (!REFUSALS.includes(name)) return `${name}: ${said}`;
  }
  return null;
}

function tried(parser: Parser): void {
  for (const good of parser.good) {
    fc.assert(
      fc.property(near(good), (sent) => {
        assert.equal(fault(parser, sent), null);
      }),
      { numRuns: Math.ceil(RUNS / parser.good.length) },
    );
  }
}

test('each good example is read', () => {
  for (const parser of PARSERS) for (const good of parser.good) parser.read(good as never);
});

for (const parser of PARSERS) {
  test(`nothing makes ${parser.covers.join(', ')} fail in a way of its own`, () => tried(parser));
}

test('what is deep or long is refused or read, and soon', () => {
  const deep = '['.repeat(200_000);
  const long = 'a'.repeat(2_000_000);
  const sent: unknown[] = [deep, long, '9'.repeat(100_000), utf8(deep), utf8(long), JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)];
  for (const parser of PARSERS) {
    for (const one of sent) {
      const isBytes = parser.good[0] instanceof Uint8Array;
      if (isBytes !== one instanceof Uint8Array) continue;
      // What reads text is handed text by its callers' types; everything else takes anything.
      if (typeof parser.good[0] === 'string' && typeof one !== 'string') continue;
      const began = performance.now();
      assert.equal(fault(parser, one), null, parser.covers[0]);
      assert.ok(performance.now() - began < 3_000, parser.covers[0]);
    }
  }
});

test('a parser that fails in a way of its own is seen', () => {
  const planted: Parser = { covers: ['planted'], read: (value: JsonObject) => (value['a'] as JsonObject)['b'], good: [{ a: { b: 1 } }] };
  assert.throws(() => tried(planted));
});

test('every parser of the sources is tried', () => {
  const covered = new Set(PARSERS.flatMap((parser) => parser.covers));
  const named = /^export function ((?:read|parse|unb64|unhex|from|decode)\w*)\(/gm;
  const found = readdirSync('client/src')
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(`client/src/${file}`, 'utf8').matchAll(named)].map((match) => `${file.replace('.ts', '')}:${match[1]}`));
  assert.ok(found.length > 15);
  assert.deepEqual(found.filter((name) => !covered.has(name)), []);
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
