/** The Merkle tree, the public log, the manifest, rosters and slot lists (docs/protocol, sections 5 to 7). */

import { ed25519 } from '@noble/curves/ed25519.js';
import { Refusal } from './refusal.ts';
import {
  b64u,
  bool,
  type Bytes,
  canonical,
  concat,
  digest,
  exactKeys,
  hash,
  hasKeys,
  hex,
  id,
  integer,
  isObject,
  type JsonObject,
  list,
  lp,
  Malformed,
  purpose,
  sameBytes,
  sha256Hex,
  text,
  unb64u,
  unhex,
  utf8,
} from './wire.ts';

export const LEAST_ROSTER = 5;
/** Comments of few could be recognised. */
const LEAST_BALLOTS_FOR_COMMENTS = 8;
const FIRST_PREVIOUS = '0'.repeat(64);
const SIGNED_KINDS: ReadonlySet<string> = new Set(['genesis', 'delegation', 'manifest', 'bundle']);
/** What only the steward's own key signs: a delegate that could delegate would never end. */
const ROOT_KINDS: ReadonlySet<string> = new Set(['genesis', 'delegation']);
const LONGEST_DELEGATION_MS = 400 * 86_400_000;

// --- Merkle tree: RFC 9162, section 2.1 -----------------------------------------------------------------------

export function leafHash(leaf: Uint8Array): Bytes {
  return digest(concat(Uint8Array.of(0), leaf));
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  return digest(concat(Uint8Array.of(1), left, right));
}

/** RFC 9162, 2.1.1. */
export function merkleRoot(leaves: readonly Uint8Array[]): Bytes {
  const [only] = leaves;
  if (only === undefined) return digest(new Uint8Array(0));
  if (leaves.length === 1) return leafHash(only);
  const split = splitOf(leaves.length);
  return nodeHash(merkleRoot(leaves.slice(0, split)), merkleRoot(leaves.slice(split)));
}

/** RFC 9162, 2.1.3.1. */
export function merklePath(leaves: readonly Uint8Array[], index: number): Bytes[] {
  if (leaves.length <= 1) return [];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...merklePath(left, index), merkleRoot(right)]
    : [...merklePath(right, index - split), merkleRoot(left)];
}

/** RFC 9162, 2.1.3.2. True only when the leaf is at `index` of a tree of `count` leaves with this root. */
export function isIncluded(leaf: Uint8Array, index: number, count: number, path: readonly Uint8Array[], root: Uint8Array): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(count) || index < 0 || index >= count) return false;
  let fn = index;
  let sn = count - 1;
  let r = leafHash(leaf);
  for (const p of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      r = nodeHash(r, p);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && sameBytes(r, root);
}

function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

function readPath(value: unknown): Bytes[] {
  return list(value).map((step) => unhex(hash(step)));
}

// --- Public log --------------------------------------------------------------------------------------------------

export interface LogEntry {
  body: JsonObject;
  index: number;
  kind: string;
  previous: string;
  signature: string | null;
}

/** A head of the log, and whose log it is. */
export interface LogAnchor {
  index: number;
  hash: string;
  stewardKey: string;
  organisation: string;
}

/** The key that the steward's key lets sign, and for which openings. */
export interface Delegation {
  delegate: string;
  from: string;
  until: string;
}

/** How far a wallet has verified the log, and by whose keys. */
export interface LogHead extends LogAnchor {
  delegation: Delegation | null;
  /** Hashes from the last delegation (or the beginning) on: the next delegation must have been signed after it. */
  since: string[];
}

export function readEntry(value: unknown): LogEntry {
  const entry = exactKeys(value, 'body', 'index', 'kind', 'previous', 'signature');
  if (!isObject(entry['body'])) throw new Malformed('a body is an object');
  return {
    body: entry['body'],
    index: integer(entry['index']),
    kind: text(entry['kind']),
    previous: hash(entry['previous']),
    signature: entry['signature'] === null ? null : text(entry['signature']),
  };
}

export function entryHash(entry: LogEntry): string {
  return sha256Hex(canonical(entry));
}

export function signedMessage(kind: string, body: JsonObject): Bytes {
  return lp('andon/v1/signed', kind, digest(canonical(body)));
}

/**
 * Follows the log from a verified head (null: from the beginning) over entries that must come right after it.
 * Guarantees: no gap, every `previous` matches, every signed kind carries the signature of the steward's key, or of the
 * key that it last delegated to, for a time that the delegation covers.
 * Does not: know whether others are shown the same log; that is what comparing heads and fingerprints is for. Nor when
 * an entry was written: a manifest's time is its opening, which everybody sees.
 * Kinds of a later version are followed but not read, so that an older wallet goes on working.
 * `manifestOf` knows the manifests of entries that were followed before.
 * Raises: Refusal `log_broken` or `signature_invalid`.
 */
export function followLog(
  from: LogHead | null,
  entries: readonly LogEntry[],
  manifestOf: (round: string) => JsonObject | null = () => null,
): LogHead | null {
  let head = from;
  const manifests = new Map<unknown, JsonObject>();
  for (const entry of entries) {
    const index = head === null ? 0 : head.index + 1;
    const previous = head === null ? FIRST_PREVIOUS : head.hash;
    if (entry.index !== index || entry.previous !== previous || (entry.kind === 'genesis') !== (index === 0)) {
      throw new Refusal('log_broken');
    }
    const [stewardKey, organisation] = head === null ? readGenesis(entry.body) : [head.stewardKey, head.organisation];
    let delegation = head?.delegation ?? null;
    if (SIGNED_KINDS.has(entry.kind) || entry.signature !== null) {
      const round = entry.body['round'];
      const manifest = entry.kind === 'manifest' ? entry.body : (manifests.get(round) ?? manifestOf(String(round)));
      checkSigner(entry, stewardKey, delegation, manifest);
    }
    // The steward signs a manifest for one place in one log; anywhere else it is a replay.
    if (entry.kind === 'manifest') {
      if (entry.body['previous'] !== previous) throw new Refusal('log_broken');
      manifests.set(entry.body['round'], entry.body);
    }
    const own = entryHash(entry);
    let since = [...(head?.since ?? []), own];
    if (entry.kind === 'delegation') {
      delegation = readDelegation(entry.body, organisation, stewardKey, head?.since ?? []);
      since = [own];
    }
    head = { index, hash: own, stewardKey, organisation, delegation, since };
  }
  return head;
}

/**
 * A delegation says which entry its signer had seen; it must be one since the last delegation, or a key that was
 * replaced could be brought back by whoever kept an older signature.
 */
function readDelegation(body: JsonObject, organisation: string, stewardKey: string, known: readonly string[]): Delegation {
  try {
    const read = exactKeys(body, 'andon', 'delegate', 'from', 'organisation', 'previous', 'until');
    const [from, until] = [time(read['from']), time(read['until'])];
    unb64u(read['delegate'], 32);
    const lasts = Date.parse(until) - Date.parse(from);
    if (
      read['andon'] !== 'v1' ||
      read['organisation'] !== organisation ||
      read['delegate'] === stewardKey ||
      !known.includes(hash(read['previous'])) ||
      lasts <= 0 ||
      lasts > LONGEST_DELEGATION_MS
    ) {
      throw new Malformed('a delegation that does not belong here');
    }
    return { delegate: text(read['delegate']), from, until };
  } catch {
    throw new Refusal('log_broken');
  }
}

function readGenesis(body: JsonObject): [string, string] {
  try {
    const { andon, organisation, steward_key: stewardKey } = exactKeys(body, 'andon', 'organisation', 'steward_key');
    if (andon !== 'v1') throw new Malformed('another version');
    unb64u(stewardKey, 32);
    return [text(stewardKey), id(organisation)];
  } catch {
    throw new Refusal('log_broken');
  }
}

function checkSigner(entry: LogEntry, stewardKey: string, delegation: Delegation | null, manifest: JsonObject | null): void {
  if (isSigned(entry, stewardKey)) return;
  const mayDelegate = delegation !== null && !ROOT_KINDS.has(entry.kind) && isSigned(entry, delegation.delegate);
  if (!mayDelegate || !covers(delegation, entry.kind, manifest)) throw new Refusal('signature_invalid');
}

/** A manifest counts by its opening; a page that is replaced by the time of its round. */
function covers(delegation: Delegation, kind: string, manifest: JsonObject | null): boolean {
  if (!SIGNED_KINDS.has(kind)) return true;
  try {
    const opens = time(manifest?.['opens_at']);
    const ends = kind === 'manifest' ? opens : time(manifest?.['closes_at']);
    // Text of one shape in one zone sorts as the times do.
    return delegation.from <= ends && opens <= delegation.until;
  } catch {
    return false;
  }
}

function isSigned(entry: LogEntry, key: string): boolean {
  try {
    return ed25519.verify(unb64u(entry.signature, 64), signedMessage(entry.kind, entry.body), unb64u(key, 32), {
      zip215: false,
    });
  } catch {
    return false;
  }
}

// --- Manifest ----------------------------------------------------------------------------------------------------

export interface Manifest {
  round: string;
  kind: string;
  purposes: string[];
  boxKey: Bytes;
  bundle: Record<string, string>;
  /** ISO 8601, UTC to the second. */
  opensAt: string;
  closesAt: string;
  instrument: { id: string; sha256: string; version: string };
  units: { count: number; root: string };
  policy: JsonObject;
  /** What a window asks, in its order; empty where all is asked at once. */
  questions: Question[];
}

/** How many ballots open a unit's comments. A unit of fewer people has no key for one, and no box to type it. */
export function ballotsForComments(manifest: Manifest): number {
  return Math.max(LEAST_BALLOTS_FOR_COMMENTS, integer(manifest.policy['least_ballots'], LEAST_ROSTER));
}

/** A statement of a window, and from when it is asked. ISO 8601, UTC to the second. */
export interface Question {
  code: string;
  from: string;
}

/** Version 0.1.0 published by the first rules, which knew no groups. */
const FIRST_RULES = 'andon-disclosure/1';
const SLOW_RULES = 'andon-disclosure/2';
const POLICY_KEYS = ['bands', 'early_close', 'least_ballots', 'rules'];

const MANIFEST_KEYS = [
  'andon', 'box_key', 'bundle', 'closes_at', 'generations', 'instrument', 'kind', 'opens_at', 'policy', 'previous',
  'purposes', 'round', 'units',
];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Raises: Refusal `manifest_malformed`. */
export function readManifest(body: JsonObject): Manifest {
  try {
    const isWindow = 'questions' in body;
    const m = exactKeys(body, ...MANIFEST_KEYS, ...(isWindow ? ['questions'] : []));
    if (m['andon'] !== 'v1') throw new Malformed('another version');
    const instrument = exactKeys(m['instrument'], 'id', 'sha256', 'version');
    const units = exactKeys(m['units'], 'count', 'root');
    const first = isObject(m['policy']) && m['policy']['rules'] === FIRST_RULES;
    const policy = exactKeys(m['policy'], ...POLICY_KEYS, ...(first ? [] : ['depth']));
    // A round that promises less than five ballots behind a figure, or plays by rules this page cannot explain, is
    // not one this wallet takes part in.
    integer(policy['least_ballots'], LEAST_ROSTER);
    if (policy['bands'] !== 'wide-4' || (!first && policy['rules'] !== SLOW_RULES)) throw new Malformed('policy');
    if (!first) integer(policy['depth'], 0);
    if (!isObject(m['bundle'])) throw new Malformed('bundle is an object');
    if (time(m['opens_at']) >= time(m['closes_at'])) throw new Malformed('a round opens before it closes');
    const kind = text(m['kind']);
    const purposes = readPurposes(kind, m['purposes'], isWindow);
    return {
      round: id(m['round']),
      kind,
      purposes,
      boxKey: unb64u(m['box_key'], 32),
      bundle: Object.fromEntries(Object.entries(m['bundle']).map(([name, sum]) => [name, hash(sum)])),
      opensAt: time(m['opens_at']),
      closesAt: time(m['closes_at']),
      instrument: {
        id: text(instrument['id']),
        sha256: hash(instrument['sha256']),
        version: text(instrument['version']),
      },
      units: { count: integer(units['count'], 1), root: hash(units['root']) },
      policy,
      questions: isWindow ? readQuestions(m['questions'], purposes, time(m['opens_at']), time(m['closes_at'])) : [],
    };
  } catch {
    throw new Refusal('manifest_malformed');
  }
}

/** In the order of the purposes, the first at the opening, each later than the one before it, the last before the close. */
function readQuestions(value: unknown, purposes: readonly string[], opens: string, closes: string): Question[] {
  const questions = list(value).map((entry) => {
    const { code, from } = exactKeys(entry, 'code', 'from');
    return { code: text(code), from: time(from) };
  });
  const ballots = purposes.filter((name) => name !== 'comment');
  if (questions.map(({ code }) => `ballot/${code}`).join() !== ballots.join()) throw new Malformed('other questions than purposes');
  const moments = questions.map(({ from }) => from);
  // Text of one shape in one zone sorts as the times do.
  const inOrder = moments.every((from, i) => i === 0 || (moments[i - 1] ?? '') < from);
  if (!inOrder || moments[0] !== opens || (moments.at(-1) ?? '') >= closes) throw new Malformed('questions out of order');
  return questions;
}

function readPurposes(kind: string, value: unknown, isWindow: boolean): string[] {
  const purposes = list(value).map(purpose);
  if (new Set(purposes).size !== purposes.length) throw new Malformed('a purpose is listed twice');
  const ballots = purposes.filter((name) => name !== 'comment');
  const fits = isWindow
    ? (kind === 'daily' || kind === 'weekly') && ballots.length > 0 && !ballots.includes('ballot')
    : (kind === 'weekly' || kind === 'full') && ballots.join() === 'ballot';
  if (!fits) throw new Malformed('the purposes do not fit the kind of round');
  return purposes;
}

function time(value: unknown): string {
  if (typeof value !== 'string' || !TIME.test(value) || Number.isNaN(Date.parse(value))) throw new Malformed('not a time');
  return value;
}

export function manifestHash(body: JsonObject): string {
  return sha256Hex(canonical(body));
}

/** Twelve words: the first 132 bits of SHA-256(canonical(manifest)), eleven bits a word. */
export function fingerprint(body: JsonObject, words: readonly string[]): string {
  if (words.length !== 2048) throw new Malformed('the word list has 2,048 words');
  const bits = BigInt(`0x${manifestHash(body)}`) >> 124n;
  const picked = Array.from({ length: 12 }, (_, i) => words[Number((bits >> BigInt(11 * (11 - i))) & 2047n)]);
  return picked.join(' ');
}

// --- Rosters and unit leaves ----------------------------------------------------------------------------------------

/** What a member of a unit is given with the evaluations: enough to see who is counted together, and by which key. */
export interface UnitProof {
  leaf: JsonObject;
  opening: JsonObject;
  path: string[];
  index: number;
  count: number;
}

export interface Unit {
  unit: string;
  /** Where it stands in every tree of its round. */
  index: number;
  name: string;
  /** Everybody who can be shown, in the order in which they are shown. */
  members: string[];
  /** How many more are counted, of whom the roster keeps a hash alone. */
  erased: number;
  keys: Record<string, Bytes>;
}

/** How many people are counted together, also those who were erased. */
export function sizeOf(unit: Pick<Unit, 'members' | 'erased'>): number {
  return unit.members.length + unit.erased;
}

export function seatHash(salt: Uint8Array, label: string): string {
  return hex(digest(concat(lp('andon/v1/seat', salt), utf8(label))));
}

/** The commitment of a roster of which single members can be erased; the hashes are sorted. */
export function seatedCommitment(salt: Uint8Array, seats: readonly string[], name: string): string {
  return hex(digest(concat(lp('andon/v1/seats', salt), canonical({ count: seats.length, name, seats }))));
}

/** The commitment of version 0.1.0, which opens whole or not at all. */
export function rosterCommitment(salt: Uint8Array, members: readonly string[], name: string): string {
  return hex(digest(concat(lp('andon/v1/roster', salt), canonical({ members, name }))));
}

export function readUnitProof(value: unknown): UnitProof {
  const { leaf, opening, path, index, count } = hasKeys(value, 'leaf', 'path', 'index', 'count');
  if (!isObject(leaf)) throw new Malformed('a leaf is an object');
  if (!isObject(opening)) throw new Refusal('roster_missing');
  return { leaf, opening, path: list(path).map(hash), index: integer(index), count: integer(count, 1) };
}

/**
 * Checks a unit's leaf against the manifest and its roster against the leaf.
 * Guarantees: the keys returned are the ones every member of the unit is shown; the roster is at least five people,
 * committed to before the round opened, and `me` is one of them. A `fresh` roster, which nobody had a reason to erase
 * anybody from yet, shows everybody.
 * Does not: tell somebody who was erased from somebody who never was. Say how many there are.
 * Raises: Refusal, one code per reason of section 11.
 */
export function checkUnit(manifest: Manifest, proof: UnitProof, me: string, { fresh = false } = {}): Unit {
  const root = unhex(manifest.units.root);
  const { leaf } = proof;
  if (
    proof.count !== manifest.units.count ||
    !isIncluded(canonical(leaf), proof.index, proof.count, readPath(proof.path), root)
  ) {
    throw new Refusal('key_not_in_manifest');
  }
  let unit: string;
  let roster: string;
  const keys: Record<string, Bytes> = {};
  try {
    const read = exactKeys(leaf, 'keys', 'roster', 'unit');
    unit = id(read['unit']);
    roster = hash(read['roster']);
    if (!isObject(read['keys'])) throw new Malformed('keys are an object');
    for (const [name, key] of Object.entries(read['keys'])) keys[purpose(name)] = unb64u(key, 32);
    for (const name of manifest.purposes) if (!keys[name] && name !== 'comment') throw new Malformed('a purpose without a key');
  } catch {
    throw new Refusal('key_not_in_manifest');
  }
  const shown = openRoster(proof.opening, roster);
  if (sizeOf(shown) < LEAST_ROSTER) throw new Refusal('roster_too_small');
  // Comments of a few would be known by how they are written: a small unit has no key for them, a larger one has.
  const comments = manifest.purposes.includes('comment') && sizeOf(shown) >= ballotsForComments(manifest);
  if ('comment' in keys !== comments) throw new Refusal('key_not_in_manifest');
  if (!shown.members.includes(me)) throw new Refusal('not_in_roster');
  if (fresh && shown.erased > 0) throw new Refusal('roster_erased');
  return { unit, index: proof.index, keys, ...shown };
}

/** Characters that nobody sees: with them two people on a roster look alike, or a line reads another way round. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** The text as a reader tells it from others; some scripts need the two joiners. */
function visible(text: string): string {
  return text.replace(/[\u200c\u200d]/g, '').normalize('NFC');
}

interface Shown {
  members: string[];
  erased: number;
  name: string;
}

/** Which form a roster has shows in its opening, and cannot be chosen afterwards: the forms hash different prefixes. */
function openRoster(opening: JsonObject, commitment: string): Shown {
  let listed: unknown[];
  let name: string;
  let salt: Bytes;
  try {
    const read = exactKeys(opening, 'members', 'name', 'salt');
    listed = list(read['members']);
    name = text(read['name']);
    salt = unb64u(read['salt'], 32);
  } catch {
    throw new Refusal('roster_missing');
  }
  const shown = listed.some(isObject) ? openSeats(listed, name, salt, commitment) : openWhole(listed, name, salt, commitment);
  const { members } = shown;
  if (members.some((member) => UNSEEN.test(visible(member))) || new Set(members.map(visible)).size !== members.length) {
    throw new Refusal('roster_unreadable');
  }
  return shown;
}

function openSeats(listed: unknown[], name: string, salt: Bytes, commitment: string): Shown {
  const members: string[] = [];
  let seats: string[];
  try {
    seats = listed.map((seat) => {
      if (isObject(seat) && 'hash' in seat) return hash(exactKeys(seat, 'hash')['hash']);
      const read = exactKeys(seat, 'label', 'salt');
      members.push(text(read['label']));
      return seatHash(unb64u(read['salt'], 16), text(read['label']));
    });
  } catch {
    throw new Refusal('roster_missing');
  }
  // Distinct, or one person could be counted as several to reach five.
  const isSorted = seats.every((seat, i) => i === 0 || (seats[i - 1] ?? '') < seat);
  if (!isSorted || seatedCommitment(salt, seats, name) !== commitment) throw new Refusal('roster_mismatch');
  return { members: members.sort(), erased: seats.length - members.length, name };
}

function openWhole(listed: unknown[], name: string, salt: Bytes, commitment: string): Shown {
  let members: string[];
  try {
    members = listed.map(text);
  } catch {
    throw new Refusal('roster_missing');
  }
  const sorted = [...new Set(members)].sort();
  if (sorted.length !== members.length || sorted.some((member, i) => member !== members[i])) {
    throw new Refusal('roster_mismatch');
  }
  if (rosterCommitment(salt, members, name) !== commitment) throw new Refusal('roster_mismatch');
  return { members, erased: 0, name };
}

// --- Slot lists -------------------------------------------------------------------------------------------------------

/** One ballot of a unit as the list shows it: slot, purpose, SHA-256 of the ciphertext. */
export type ListedSlot = [slot: string, purpose: string, ciphertextHash: string];

export interface SlotProof {
  list: ListedSlot[];
  salt: string;
  path: string[];
  index: number;
  count: number;
}

export interface Closed {
  round: string;
  box: string;
  early: boolean;
  units: { count: number; root: string };
}

export function readClosed(body: JsonObject): Closed {
  const closed = hasKeys(body, 'box', 'early', 'round', 'units');
  const units = exactKeys(closed['units'], 'count', 'root');
  return {
    round: id(closed['round']),
    box: hash(closed['box']),
    early: bool(closed['early']),
    units: { count: integer(units['count'], 1), root: hash(units['root']) },
  };
}

export function slotsCommitment(salt: Uint8Array, listed: readonly ListedSlot[]): string {
  return hex(digest(concat(lp('andon/v1/slots', salt), canonical(listed))));
}

export function readSlotProof(value: unknown): SlotProof {
  const proof = hasKeys(value, 'list', 'salt', 'path', 'index', 'count');
  const listed = list(proof['list']).map((row): ListedSlot => {
    const cells = list(row);
    if (cells.length !== 3) throw new Malformed('a listed slot has three parts');
    return [hash(cells[0]), purpose(cells[1]), hash(cells[2])];
  });
  return {
    list: listed,
    salt: b64u(unb64u(proof['salt'], 32)),
    path: list(proof['path']).map(hash),
    index: integer(proof['index']),
    count: integer(proof['count'], 1),
  };
}

export function slotLeaf(unit: string, salt: Uint8Array, listed: readonly ListedSlot[]): Bytes {
  return canonical({ slots: slotsCommitment(salt, listed), unit });
}

/**
 * Whether a slot list is the one the log committed to at close, for this unit.
 * Guarantees: sorted, no slot twice for a purpose, no more ballots than people on the roster; and the one list of this
 * unit, because all trees of a round hold its units in one order: a spare leaf elsewhere cannot carry a second one.
 */
export function isSlotList(closed: Closed, unit: Pick<Unit, 'unit' | 'index'>, rosterSize: number, proof: SlotProof): boolean {
  const leaf = slotLeaf(unit.unit, unb64u(proof.salt, 32), proof.list);
  const rows = proof.list.map((row) => row.join(' '));
  const sorted = [...new Set(proof.list.map(([slot, name]) => `${slot} ${name}`))];
  const perPurpose = new Map<string, number>();
  for (const [, name] of proof.list) perPurpose.set(name, (perPurpose.get(name) ?? 0) + 1);
  return (
    proof.count === closed.units.count &&
    proof.index === unit.index &&
    sorted.length === rows.length &&
    rows.every((row, i) => i === 0 || (rows[i - 1] ?? '') < row) &&
    [...perPurpose.values()].every((listed) => listed <= rosterSize) &&
    isIncluded(leaf, proof.index, proof.count, readPath(proof.path), unhex(closed.units.root))
  );
}
