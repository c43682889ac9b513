/** Whatever a server, a file, a page or a person hands to a parser: a value, or a refusal of its own kind. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
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

test('an instrument that names an original without texts is read once', () => {
  const labels = { de: LABELS };
  const named = { scale: { labels }, statements: [{ code: 'IN1', wording: { de: 'Ruhig.' } }], translations: { de: 'draft', fr: 'original' } };
  assert.equal(readInstrument(canonical(named as Json), ['de']).original, null);
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
});
