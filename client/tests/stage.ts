/** Both doors in memory, playing the protocol with keys of their own: the other half of every wallet test. */

import { ed25519, ristretto255_oprf, x25519 } from '@noble/curves/ed25519.js';
import { castMessage, open, slotOf } from '../src/ballot.ts';
import type { Fetch } from '../src/door.ts';
import {
  entryHash,
  type ListedSlot,
  type LogEntry,
  manifestHash,
  merklePath,
  merkleRoot,
  rosterCommitment,
  seatedCommitment,
  seatHash,
  signedMessage,
  slotLeaf,
} from '../src/manifest.ts';
import { b64u, type Bytes, canonical, concat, fromUtf8, hex, type JsonObject, lp, sha256Hex, unb64u } from '../src/wire.ts';

const { voprf } = ristretto255_oprf;
const { evaluate } = voprf as unknown as { evaluate: (key: Uint8Array, input: Uint8Array) => Uint8Array };

export const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
export const newId = (): string => hex(random(16));

export const LABELS = ['disagree strongly', 'disagree', 'neither agree nor disagree', 'agree', 'agree strongly'];
export const NAMES = ['Ada', 'Bo', 'Cy', 'Dee', 'Eli', 'Fay', 'Gus', 'Hal'];
export const people = (count: number): string[] => NAMES.slice(0, count).map((name) => `${name} <${name.toLowerCase()}@example.org>`);

interface StagedUnit {
  unit: string;
  name: string;
  members: string[];
  salt: Bytes;
  /** The roster as it is shown to the unit; null where somebody was erased from a roster of version 0.1.0. */
  seats: (string | JsonObject | null)[];
  leaf: JsonObject;
}

/** What opens a roster of this version: a salt each, in the order of the hashes. */
export function seatsOf(members: readonly string[]): JsonObject[] {
  return members.map((label) => ({ label, salt: b64u(random(16)) })).sort((a, b) => (hashOf(a) < hashOf(b) ? -1 : 1));
}

export function hashOf(seat: JsonObject): string {
  return typeof seat['hash'] === 'string' ? seat['hash'] : seatHash(unb64u(seat['salt'], 16), String(seat['label']));
}

interface Ballot {
  slot: string;
  unit: string;
  purpose: string;
  sequence: number;
  ciphertext: Bytes;
}

export interface StagedRound {
  round: string;
  purposes: string[];
  seed: Bytes;
  boxSecret: Bytes;
  units: StagedUnit[];
  manifest: JsonObject;
  ballots: Map<string, Ballot>;
  issued: Map<string, { blinded: string; evaluation: string }>;
  state: 'published' | 'open' | 'closed';
  slotProofs: Map<string, JsonObject>;
}

export interface RoundPlan {
  kind?: 'full' | 'weekly' | 'daily';
  purposes?: string[];
  members?: string[];
  statements?: { code: string; wording: { en: string } }[];
  opensAt?: string;
  closesAt?: string;
  /** From when each question of a window is asked; the first at the opening. */
  from?: string[];
  bundle?: Record<string, string>;
  /** What goes into the leaf in place of the true public key: a server that gives each person their own key. */
  forgeKeys?: boolean;
  /** The first unit's leaf a second time, with its id and its people, but a key and a salt of its own. */
  spare?: boolean;
  /** Which units get a key for comments, by their size, where comments are asked. */
  commentsFor?: (members: number) => boolean;
  /** How many ballots a figure needs; five where nothing is said. */
  leastBallots?: number;
  /** What an operator commits to in place of the roster as it is. */
  seats?: (seats: JsonObject[]) => JsonObject[];
  /** A roster of version 0.1.0, which opens whole or not at all. */
  whole?: boolean;
}

export class Stage {
  readonly steward = random(32);
  /** Signs instead of the steward, where it is set. */
  delegate: Bytes | null = null;
  readonly log: LogEntry[] = [];
  readonly blobs = new Map<string, Bytes>();
  readonly rounds = new Map<string, StagedRound>();
  /** Every body that reached `/cast/`. */
  readonly received: Bytes[] = [];
  readonly asked: string[] = [];
  offline = false;
  /** Answers `/cast/` in place of the box, once per entry. */
  readonly nextCast: { status: number; body: JsonObject }[] = [];
  appOrigin = 'https://andon.example.org';
  doorOrigin = 'https://answer.example.org';

  constructor() {
    this.append('genesis', {
      andon: 'v1',
      organisation: newId(),
      steward_key: b64u(ed25519.getPublicKey(this.steward)),
    });
  }

  append(kind: string, body: JsonObject): LogEntry {
    const signed = ['genesis', 'delegation', 'manifest', 'bundle'].includes(kind);
    const last = this.log.at(-1);
    const key = (['manifest', 'bundle'].includes(kind) && this.delegate) || this.steward;
    const entry: LogEntry = {
      body,
      index: this.log.length,
      kind,
      previous: last ? entryHash(last) : '0'.repeat(64),
      signature: signed ? b64u(ed25519.sign(signedMessage(kind, body), key)) : null,
    };
    this.log.push(entry);
    return entry;
  }

  /** Lets another key sign from now on. */
  delegateTo(key: Bytes, change: JsonObject = {}): LogEntry {
    const { organisation } = (this.log[0] as LogEntry).body;
    const previous = entryHash(this.log.at(-1) as LogEntry);
    const delegate = b64u(ed25519.getPublicKey(key));
    if (typeof organisation !== 'string') throw new Error('a log begins with its organisation');
    const entry = this.append('delegation', {
      andon: 'v1', delegate, from: '2020-06-01T00:00:00Z', organisation, previous, until: '2021-06-01T00:00:00Z', ...change,
    });
    this.delegate = key;
    return entry;
  }

  publish(plan: RoundPlan = {}): StagedRound {
    const round = newId();
    const purposes = plan.purposes ?? ['ballot'];
    const seed = random(32);
    const boxSecret = random(32);
    const statements = plan.statements ?? [
      { code: 'LE1', wording: { en: 'I can say "I don\'t know" here without losing standing.' } },
      { code: 'CH2', wording: { en: 'Doubts about a plan are welcome before we commit to it.' } },
      { code: 'AC1', wording: { en: 'We agree what "good" looks like before we start.' } },
    ];
    const instrument = canonical({ id: 'andon-core', scale: { labels: { en: LABELS }, least: 1, most: 5 }, statements, version: '1.0.0' });
    this.blobs.set(sha256Hex(instrument), instrument);
    const rosters = [plan.members ?? people(8), ...(plan.spare ? [] : [people(6).map((member) => `Other ${member}`)])];
    const units = rosters
      .map((members, i): StagedUnit => {
        const unit = newId();
        const salt = random(32);
        const name = i === 0 ? 'Detection' : 'Response';
        const keys = Object.fromEntries(
          purposes.filter((purpose) => purpose !== 'comment' || (plan.commentsFor ?? ((n) => n >= 8))(members.length)).map((purpose) => [
            purpose,
            b64u(plan.forgeKeys ? voprf.generateKeyPair().publicKey : this.keys(seed, round, unit, purpose).publicKey),
          ]),
        );
        const sorted = [...members].sort();
        const honest = seatsOf(sorted);
        const seats = plan.whole ? sorted : (plan.seats?.(honest) ?? honest);
        return { unit, name, members: sorted, salt, seats, leaf: { keys, roster: commitment(salt, seats, name), unit } };
      })
      .sort((a, b) => (a.unit < b.unit ? -1 : 1));
    const [first] = units;
    if (plan.spare && first) units.splice(1, 0, this.spare(first));
    const leaves = units.map(({ leaf }) => canonical(leaf));
    const last = this.log.at(-1);
    const isWindow = purposes.some((name) => name.startsWith('ballot/'));
    const manifest: JsonObject = {
      andon: 'v1',
      box_key: b64u(x25519.getPublicKey(boxSecret)),
      bundle: plan.bundle ?? { 'answer.js': '0'.repeat(64) },
      closes_at: plan.closesAt ?? '2099-11-30T17:00:00Z',
      generations: { ballots: newId(), issuance: newId() },
      instrument: { id: 'andon-core', sha256: sha256Hex(instrument), version: '1.0.0' },
      kind: plan.kind ?? 'full',
      opens_at: plan.opensAt ?? '2020-11-23T08:00:00Z',
      policy: { bands: 'wide-4', depth: 0, early_close: false, least_ballots: plan.leastBallots ?? 5, rules: 'andon-disclosure/2' },
      previous: last ? entryHash(last) : '',
      purposes,
      ...(isWindow ? { questions: purposes.filter((name) => name.startsWith('ballot/')).map((name, i) => ({ code: name.slice('ballot/'.length), from: plan.from?.[i] ?? `2020-11-${23 + i}T08:00:00Z` })) } : {}),
      round,
      units: { count: leaves.length, root: hex(merkleRoot(leaves)) },
    };
    this.append('manifest', manifest);
    const staged: StagedRound = {
      round, purposes, seed, boxSecret, units, manifest, ballots: new Map(), issued: new Map(), state: 'published', slotProofs: new Map(),
    };
    this.rounds.set(round, staged);
    return staged;
  }

  private spare(unit: StagedUnit): StagedUnit {
    const salt = random(32);
    const keys = Object.fromEntries(Object.keys(unit.leaf['keys'] as JsonObject).map((purpose) => [purpose, b64u(voprf.generateKeyPair().publicKey)]));
    return { ...unit, salt, leaf: { keys, roster: commitment(salt, unit.seats, unit.name), unit: unit.unit } };
  }

  openRound(staged: StagedRound): void {
    staged.state = 'open';
    this.append('opened', { round: staged.round });
  }

  closeRound(staged: StagedRound): void {
    staged.state = 'closed';
    const lists = staged.units.map(({ unit }) => {
      const list = [...staged.ballots.values()]
        .filter((ballot) => ballot.unit === unit)
        .map((ballot): ListedSlot => [ballot.slot, ballot.purpose, sha256Hex(ballot.ciphertext)])
        .sort((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1));
      const salt = random(32);
      return { unit, list, salt, leaf: slotLeaf(unit, salt, list) };
    });
    const leaves = lists.map(({ leaf }) => leaf);
    lists.forEach(({ unit, list, salt }, index) => {
      staged.slotProofs.set(unit, { count: leaves.length, index, list, path: merklePath(leaves, index).map(hex), salt: b64u(salt) });
    });
    this.append('closed', {
      box: '0'.repeat(64),
      early: false,
      round: staged.round,
      units: { count: leaves.length, root: hex(merkleRoot(leaves)) },
    });
  }

  unitOf(staged: StagedRound, me: string): StagedUnit {
    const unit = staged.units.find(({ members }) => members.includes(me)) ?? staged.units[0];
    if (!unit) throw new Error('a round has units');
    return unit;
  }

  // --- The app --------------------------------------------------------------------------------------------------------

  offer(me: string, wallet: string): JsonObject {
    const rounds = [...this.rounds.values()]
      .filter(({ state }) => state !== 'closed')
      .map(({ round, purposes, issued }) => ({
        issued: purposes.filter((purpose) => issued.has(`${me} ${purpose}`)),
        purposes,
        round,
      }));
    return { me, rounds, wallet };
  }

  evaluate(me: string, round: string, blinded: { purpose: string; value: string }[]): JsonObject {
    const staged = this.rounds.get(round);
    if (!staged) return { error: 'no_such_round', message: '' };
    if (staged.state === 'closed') return { error: 'not_issuing', message: '' };
    const unit = this.unitOf(staged, me);
    const evaluations: JsonObject[] = [];
    for (const { purpose, value } of blinded) {
      const row = staged.issued.get(`${me} ${purpose}`);
      if (row && row.blinded !== value) return { error: 'already_issued', message: '' };
      const { secretKey, publicKey } = this.keys(staged.seed, round, unit.unit, purpose);
      const { evaluated, proof } = voprf.blindEvaluate(secretKey, publicKey, unb64u(value, 32));
      const evaluation = row?.evaluation ?? b64u(concat(proof, evaluated));
      staged.issued.set(`${me} ${purpose}`, { blinded: value, evaluation });
      evaluations.push({ purpose, value: evaluation });
    }
    return { evaluations, round, ...this.proof(staged, unit) };
  }

  proof(staged: StagedRound, unit: StagedUnit): JsonObject {
    const leaves = staged.units.map(({ leaf }) => canonical(leaf));
    const index = staged.units.indexOf(unit);
    return {
      count: leaves.length,
      index,
      leaf: unit.leaf,
      opening: { members: unit.seats, name: unit.name, salt: b64u(unit.salt) },
      path: merklePath(leaves, index).map(hex),
    };
  }

  /** What a server does when somebody asks to be forgotten. */
  erase(staged: StagedRound, label: string): void {
    for (const unit of staged.units) {
      unit.seats = unit.seats.map((seat) => {
        if (seat === label) return null;
        return typeof seat === 'object' && seat?.['label'] === label ? { hash: hashOf(seat) } : seat;
      });
    }
  }

  unitFile(staged: StagedRound, me: string): JsonObject {
    const unit = this.unitOf(staged, me);
    return {
      ...this.proof(staged, unit),
      release: null,
      round: staged.round,
      slots: staged.slotProofs.get(unit.unit) ?? null,
      unit: unit.unit,
    };
  }

  // --- The anonymous door ---------------------------------------------------------------------------------------------

  readonly fetch: Fetch = async (path, init) => {
    this.asked.push(path);
    if (this.offline) throw new TypeError('no network');
    const { status, body } = await this.answer(path, init);
    return new Response(body instanceof Uint8Array ? body : JSON.stringify(body), { status });
  };

  async answer(path: string, init: RequestInit): Promise<{ status: number; body: JsonObject | Bytes }> {
    const url = new URL(path, this.doorOrigin);
    const last = this.log.at(-1) as LogEntry;
    if (url.pathname === '/doors.json') return ok({ anonymous_door: this.doorOrigin, app: this.appOrigin });
    if (url.pathname === '/log/head') return ok({ hash: entryHash(last), index: last.index });
    if (url.pathname === '/log/') {
      const from = Number(url.searchParams.get('from'));
      return ok({ entries: this.log.slice(from, from + 100) as unknown as JsonObject[] });
    }
    if (url.pathname.startsWith('/blob/')) {
      const blob = this.blobs.get(url.pathname.slice('/blob/'.length));
      return blob ? { status: 200, body: blob } : { status: 404, body: { error: 'not_found', message: '' } };
    }
    if (url.pathname === '/cast/') return this.cast(concat(init.body as Uint8Array));
    return { status: 404, body: { error: 'not_found', message: '' } };
  }

  private cast(body: Bytes): { status: number; body: JsonObject } {
    this.received.push(body);
    const planned = this.nextCast.shift();
    if (planned) return planned;
    const refuse = (status: number, error: string, more: JsonObject = {}) => ({ status, body: { error, message: '', ...more } });
    if (body.length !== 4096) return refuse(413, 'wrong_size');
    const json = JSON.parse(fromUtf8(body)) as Record<string, string> & { sequence: number };
    const { round = '', unit = '', purpose = '', sequence } = json;
    const staged = this.rounds.get(round);
    if (!staged) return refuse(404, 'no_such_round');
    if (staged.state === 'published') return refuse(409, 'not_open');
    if (staged.state === 'closed') return refuse(410, 'closed');
    const publicKey = unb64u(json['public_key'], 32);
    const output = unb64u(json['output'], 64);
    const ciphertext = unb64u(json['ciphertext'], 2096);
    const expected = evaluate(this.keys(staged.seed, round, unit, purpose).secretKey, publicKey);
    const message = castMessage({ round, unit, purpose }, { publicKey, output }, sequence, ciphertext);
    if (hex(expected) !== hex(output) || !ed25519.verify(unb64u(json['signature'], 64), message, publicKey)) return refuse(403, 'bad_slip');
    const slot = hex(slotOf(publicKey));
    const before = staged.ballots.get(`${slot} ${purpose}`);
    if (before && before.sequence > sequence) return refuse(409, 'lower_sequence', { sequence: before.sequence });
    if (before && before.sequence === sequence && hex(before.ciphertext) !== hex(ciphertext)) return refuse(409, 'equal_sequence');
    staged.ballots.set(`${slot} ${purpose}`, { slot, unit, purpose, sequence, ciphertext });
    return ok({ ciphertext: sha256Hex(ciphertext), outcome: 'accepted', sequence, slot });
  }

  /** What is in the box, opened with the key only the stage has. */
  async opened(staged: StagedRound): Promise<{ purpose: string; payload: unknown }[]> {
    return Promise.all(
      [...staged.ballots.values()].map(async ({ slot, unit, purpose, sequence, ciphertext }) => {
        const slotBytes = Uint8Array.from(slot.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
        const padded = await open(staged.boxSecret, { round: staged.round, unit, purpose }, slotBytes, sequence, ciphertext);
        const length = ((padded[0] ?? 0) << 8) | (padded[1] ?? 0);
        return { purpose, payload: JSON.parse(fromUtf8(padded.subarray(2, 2 + length))) as unknown };
      }),
    );
  }

  private keys(seed: Bytes, round: string, unit: string, purpose: string): { secretKey: Uint8Array; publicKey: Uint8Array } {
    return voprf.deriveKeyPair(seed, lp('andon/v1', round, unit, purpose));
  }
}

function commitment(salt: Bytes, seats: StagedUnit['seats'], name: string): string {
  return seats.every((seat) => typeof seat === 'string')
    ? rosterCommitment(salt, seats, name)
    : seatedCommitment(salt, (seats as JsonObject[]).map(hashOf), name);
}

const ok = (body: JsonObject): { status: number; body: JsonObject } => ({ status: 200, body });

export { manifestHash };
