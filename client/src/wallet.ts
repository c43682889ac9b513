/**
 * The wallet: where the browser keeps slips, what it has seen of the log, answers, and casts not yet sent.
 *
 * Guarantees: a key and its blind are on disk before the blinded value can leave; two pages at once draw one key;
 * a manifest and a log head, once seen, are held against everything shown later; a sequence number is used once.
 * Does not: keep any of this from someone who can read this browser profile.
 */

import { type Answers, buildCast, MAX_SEQUENCE, type Payload, type Place, slotOf } from './ballot.ts';
import { drawSlip, finalise, type Randomness, systemRandomness } from './credential.ts';
import { completed, got, openDatabase, type StoreName } from './database.ts';
import {
  checkUnit,
  entryHash,
  followLog,
  type LogAnchor,
  type LogEntry,
  type LogHead,
  type Manifest,
  manifestHash,
  readManifest,
  type Unit,
  type UnitProof,
} from './manifest.ts';
import { Refusal, type RefusalCode } from './refusal.ts';
import {
  b64u,
  type Bytes,
  canonical,
  exactKeys,
  hash,
  hasKeys,
  hex,
  id,
  integer,
  isObject,
  type JsonObject,
  list,
  Malformed,
  purpose as readPurpose,
  sameBytes,
  text,
  unb64u,
} from './wire.ts';

export const DATABASE = 'andon-wallet';
const HOUR = 3_600_000;
/** In the last 48 hours everything queued goes out at once: late is better than never. */
const LAST_CALL = 48 * HOUR;

export interface Member {
  /** The app's opaque id of this member's wallet. */
  wallet: string;
  /** `Name <address>`, as the roster lists the member. */
  me: string;
}

export interface Slip {
  wallet: string;
  round: string;
  purpose: string;
  secretKey: Bytes;
  publicKey: Bytes;
  blind: Bytes;
  blinded: Bytes;
  /** Null until the server's evaluation was verified; then the slip is ready. */
  output: Bytes | null;
}

/** What a member knows about their place in a round. */
export interface PlaceInRound {
  wallet: string;
  round: string;
  /** The member as the roster lists them; kept, because a name may change while the roster is fixed. */
  me: string;
  proof: UnitProof | null;
  /** Purposes the app says were issued, for which this wallet holds nothing. */
  elsewhere: string[];
  refused: RefusalCode | null;
}

/** What the log said about a round; never rewritten, only added to. */
export interface SeenRound {
  round: string;
  manifest: JsonObject | null;
  manifestHash: string;
  opened: boolean;
  closed: JsonObject | null;
  released: boolean;
  void: string | null;
  /** Reasons of emergency replacements of the bundle, which the member is shown. */
  replaced: string[];
}

export interface Draft {
  wallet: string;
  round: string;
  /** Code to answer; 0 is a statement that was skipped on purpose. */
  answers: Record<string, number>;
  comment: string;
  /** Where the member was: the index of a statement, or its number for the review. */
  position: number;
  begun: boolean;
  /** What was last put into the queue, by purpose, as canonical text: so that only changes are cast again. */
  queued: Record<string, string>;
  /** Send at a random later time; null until the member chose. */
  later: boolean | null;
}

export interface Cast {
  wallet: string;
  round: string;
  purpose: string;
  sequence: number;
  /** Exactly what is sent, so that a retry is the same cast and not a new one. Null once it was accepted. */
  body: Bytes | null;
  slot: string;
  ciphertextHash: string;
  /** Milliseconds since 1970; 0 is at once. */
  sendAfter: number;
  closesAt: number;
  /** The last outcome, when it was not an acceptance. */
  problem: string | null;
  /** For `lower_sequence`: the number the box holds. */
  stored: number | null;
  /** The last accepted cast; what the slot list must show. */
  receipt: Receipt | null;
}

export interface Receipt {
  slot: string;
  ciphertextHash: string;
  sequence: number;
}

export interface Blinded {
  purpose: string;
  value: string;
}

/** One entry of `GET /slips/offer/`. */
export interface OfferedRound {
  round: string;
  purposes: string[];
  issued: string[];
}

export interface Offer {
  wallet: string;
  me: string;
  rounds: OfferedRound[];
}

export function readOffer(value: unknown): Offer {
  const offer = hasKeys(value, 'me', 'rounds', 'wallet');
  const wallet = text(offer['wallet']);
  const me = text(offer['me']);
  if (wallet === '' || wallet.length > 200 || me === '') throw new Malformed('an offer names its wallet and its member');
  return {
    wallet,
    me,
    rounds: list(offer['rounds']).map((entry) => {
      const round = hasKeys(entry, 'issued', 'purposes', 'round');
      return {
        round: id(round['round']),
        purposes: list(round['purposes']).map(readPurpose),
        issued: list(round['issued']).map(readPurpose),
      };
    }),
  };
}

export class Wallet {
  constructor(
    private readonly database: IDBDatabase,
    private readonly random: Randomness = systemRandomness,
  ) {}

  static async open(name = DATABASE, random: Randomness = systemRandomness): Promise<Wallet> {
    return new Wallet(await openDatabase(name), random);
  }

  close(): void {
    this.database.close();
  }

  // --- Members ----------------------------------------------------------------------------------------------------

  async remember(member: Member): Promise<void> {
    await this.write(['wallets'], (at) => at('wallets').put({ wallet: member.wallet, me: member.me }));
  }

  members(): Promise<Member[]> {
    return this.all<Member>('wallets');
  }

  // --- Slips ------------------------------------------------------------------------------------------------------

  /**
   * The blinded values for purposes whose slip is not ready, drawing keys for those that have none.
   * Guarantees: when this resolves, every key and blind behind the values is on disk ('strict'); a key is drawn once
   * per wallet, round and purpose however many pages ask at the same time, because it happens in one transaction.
   */
  async draw(wallet: string, round: string, purposes: readonly string[]): Promise<Blinded[]> {
    const transaction = this.transaction(['slips'], 'readwrite');
    const store = transaction.objectStore('slips');
    const values: Blinded[] = [];
    for (const purpose of purposes) {
      const known = (await got(store.get([wallet, round, purpose]))) as Slip | undefined;
      if (known?.output) continue;
      if (known) {
        values.push({ purpose, value: b64u(known.blinded) });
        continue;
      }
      const slip: Slip = { wallet, round, purpose, ...drawSlip(this.random), output: null };
      store.add(slip);
      values.push({ purpose, value: b64u(slip.blinded) });
    }
    await this.committed(transaction);
    return values;
  }

  /** The one line the order of things hangs on; a test puts a faulty one in its place and must notice. */
  protected committed(transaction: IDBTransaction): Promise<void> {
    return completed(transaction);
  }

  slip(wallet: string, round: string, purpose: string): Promise<Slip | undefined> {
    return this.get<Slip>('slips', [wallet, round, purpose]);
  }

  async slips(wallet: string, round: string): Promise<Slip[]> {
    return (await this.all<Slip>('slips')).filter((slip) => slip.wallet === wallet && slip.round === round);
  }

  /**
   * Takes the answer of `POST /slips/`: checks leaf, roster and every proof before anything is kept.
   * Raises: Refusal; it is also kept, so that the answering page shows it, and no output is stored.
   */
  async accept(member: Member, round: string, proof: UnitProof, evaluations: ReadonlyMap<string, Bytes>): Promise<Unit> {
    try {
      const manifest = await this.manifest(round);
      const held = (await this.place(member.wallet, round))?.proof;
      // Whoever was shown by name before may be erased now; a roster seen for the first time before the round opens
      // has nobody to erase, and a hidden place could hold anybody.
      const fresh = !held && !(await this.seenRound(round))?.opened;
      const unit = checkUnit(manifest, proof, member.me, { fresh });
      // A member has one leaf per round; a second one would split the anonymity of the first, also under the same id.
      if (held && !sameBytes(canonical(held.leaf), canonical(proof.leaf))) throw new Refusal('key_not_in_manifest');
      const finished: Slip[] = [];
      for (const [purpose, evaluation] of evaluations) {
        const slip = await this.slip(member.wallet, round, purpose);
        const key = unit.keys[purpose];
        if (!slip || slip.output) continue;
        if (!key) throw new Refusal('key_not_in_manifest');
        finished.push({ ...slip, output: finalise(slip, evaluation, key) });
      }
      await this.write(['slips', 'places'], (at) => {
        for (const slip of finished) at('slips').put(slip);
        at('places').put({ wallet: member.wallet, round, me: member.me, proof, elsewhere: [], refused: null } satisfies PlaceInRound);
      });
      return unit;
    } catch (fault) {
      if (fault instanceof Refusal) await this.refuse(member.wallet, round, fault.code);
      throw fault;
    }
  }

  place(wallet: string, round: string): Promise<PlaceInRound | undefined> {
    return this.get<PlaceInRound>('places', [wallet, round]);
  }

  async places(wallet: string): Promise<PlaceInRound[]> {
    return (await this.all<PlaceInRound>('places')).filter((place) => place.wallet === wallet);
  }

  refuse(wallet: string, round: string, code: RefusalCode | null): Promise<void> {
    return this.changePlace(wallet, round, (place) => ({ ...place, refused: code }));
  }

  /** The app says these were issued, and this wallet has nothing for them: another device, or an alarm. */
  noteElsewhere(wallet: string, round: string, purposes: string[]): Promise<void> {
    return this.changePlace(wallet, round, (place) => ({ ...place, elsewhere: purposes }));
  }

  private async changePlace(wallet: string, round: string, change: (place: PlaceInRound) => PlaceInRound): Promise<void> {
    await this.write(['places'], async (at) => {
      const place = (await got(at('places').get([wallet, round]))) as PlaceInRound | undefined;
      at('places').put(change(place ?? { wallet, round, me: '', proof: null, elsewhere: [], refused: null }));
    });
  }

  // --- The log ----------------------------------------------------------------------------------------------------

  /** Null also where the head was kept by version 0.1.0, which did not read delegations: the log is read again. */
  async head(): Promise<LogHead | null> {
    return current((await this.get<{ name: string; head: LogAnchor }>('log', 'head'))?.head);
  }

  /**
   * Heads that another device has seen and this one has not checked yet (they come with an imported wallet), and the
   * one that version 0.1.0 kept here.
   */
  async anchors(): Promise<LogAnchor[]> {
    const kept = (await this.get<{ name: string; heads: LogAnchor[] }>('log', 'anchors'))?.heads ?? [];
    const older = (await this.get<{ name: string; head: LogAnchor }>('log', 'head'))?.head;
    return older && !current(older) ? [...kept, older] : kept;
  }

  /**
   * Takes a stretch of the log that begins at or before the entry after the verified head.
   * Guarantees: the part already known is unchanged, the rest follows from it, signed kinds are signed, no round gets
   * a second manifest; only then is the head moved, in the same transaction as what the entries say.
   * Raises: Refusal `log_rewritten`, `log_broken`, `signature_invalid`, `manifest_changed`.
   */
  async follow(entries: readonly LogEntry[]): Promise<LogHead | null> {
    await this.write(['log', 'rounds'], async (at) => {
      const stored = (await got(at('log').get('head'))) as { head: LogAnchor } | undefined;
      const head = current(stored?.head);
      const kept = ((await got(at('log').get('anchors'))) as { heads: LogAnchor[] } | undefined)?.heads ?? [];
      const anchors = stored && !head ? [...kept, stored.head] : kept;
      const rounds = new Map<string, SeenRound>();
      for (const seen of (await got(at('rounds').getAll())) as SeenRound[]) {
        // Read again from the beginning: what was published stays known by its hash, everything else is said anew.
        rounds.set(seen.round, stored && !head ? { ...unseen(seen.round), manifestHash: seen.manifestHash } : seen);
      }
      const known = entries.filter((entry) => head !== null && entry.index <= head.index);
      const fresh = entries.filter((entry) => head === null || entry.index > head.index);
      checkOverlap(known, head);
      const extended = followLog(head, fresh, (round) => rounds.get(round)?.manifest ?? null);
      const open = anchors.filter((anchor) => !meets(anchor, entries));
      if (anchors.length > 0) at('log').put({ name: 'anchors', heads: open });
      for (const entry of fresh) {
        const round = entry.body['round'];
        if (typeof round !== 'string') continue;
        rounds.set(round, advance(rounds.get(round), round, entry));
      }
      for (const seen of rounds.values()) at('rounds').put(seen);
      if (extended) at('log').put({ name: 'head', head: extended });
    });
    return this.head();
  }

  seenRound(round: string): Promise<SeenRound | undefined> {
    return this.get<SeenRound>('rounds', round);
  }

  seenRounds(): Promise<SeenRound[]> {
    return this.all<SeenRound>('rounds');
  }

  /** The manifest seen for a round. Raises: Refusal `round_not_in_log`, `manifest_changed`, `manifest_malformed`. */
  async manifest(round: string): Promise<Manifest> {
    const seen = await this.seenRound(round);
    if (!seen?.manifest) throw new Refusal('round_not_in_log');
    if (manifestHash(seen.manifest) !== seen.manifestHash) throw new Refusal('manifest_changed');
    const manifest = readManifest(seen.manifest);
    if (manifest.round !== round) throw new Refusal('manifest_malformed');
    return manifest;
  }

  /** Verified again each time it is used: leaf, roster, membership. Raises: Refusal. */
  async unit(member: Member, round: string): Promise<Unit> {
    const place = await this.place(member.wallet, round);
    if (place?.refused) throw new Refusal(place.refused);
    if (!place?.proof) throw new Refusal('roster_missing');
    return checkUnit(await this.manifest(round), place.proof, place.me);
  }

  // --- Files named by hash ---------------------------------------------------------------------------------------

  async blob(sha256: string): Promise<Bytes | undefined> {
    return (await this.get<{ bytes: Bytes }>('blobs', sha256))?.bytes;
  }

  async keepBlob(sha256: string, bytes: Bytes): Promise<void> {
    await this.write(['blobs'], (at) => at('blobs').put({ sha256, bytes }));
  }

  // --- Answers ----------------------------------------------------------------------------------------------------

  async draft(wallet: string, round: string): Promise<Draft> {
    const draft = await this.get<Draft>('answers', [wallet, round]);
    return draft ?? newDraft(wallet, round);
  }

  async keepDraft(draft: Draft): Promise<void> {
    await this.write(['answers'], (at) => at('answers').put(draft));
  }

  /** Removes answers from this device; slips and receipts stay, so the cast can still be checked and changed. */
  async forgetAnswers(wallet: string, round: string): Promise<void> {
    await this.write(['answers'], (at) => at('answers').delete([wallet, round]));
  }

  // --- Casts ------------------------------------------------------------------------------------------------------

  /**
   * Seals answers and puts the finished body into the queue; nothing is sent here.
   * Guarantees: the sequence rises with every new cast of a slip, and is on disk before the body can leave.
   * Raises: Refusal when the slip may not be used.
   */
  async prepareCast(
    member: Member,
    round: string,
    purpose: string,
    payload: Payload,
    options: { sendAfter?: number; above?: number } = {},
  ): Promise<Cast> {
    const unit = await this.unit(member, round);
    const manifest = await this.manifest(round);
    const slip = await this.slip(member.wallet, round, purpose);
    if (!slip?.output) throw new Malformed('there is no slip');
    const voter = { secretKey: slip.secretKey, publicKey: slip.publicKey, output: slip.output };
    const place: Place = { round, unit: unit.unit, purpose };
    const key = [member.wallet, round, purpose];
    for (;;) {
      const before = await this.get<Cast>('casts', key);
      const sequence = Math.max(before?.sequence ?? 0, options.above ?? 0) + 1;
      if (sequence > MAX_SEQUENCE) throw new Malformed('no sequence is left');
      const sealed = await buildCast(voter, place, manifest.boxKey, sequence, payload);
      const cast: Cast = {
        wallet: member.wallet,
        round,
        purpose,
        sequence,
        body: sealed.body,
        slot: sealed.slot,
        ciphertextHash: sealed.ciphertextHash,
        sendAfter: options.sendAfter ?? 0,
        closesAt: Date.parse(manifest.closesAt),
        problem: null,
        stored: null,
        receipt: before?.receipt ?? null,
      };
      // Sealing takes a moment in which another page may have taken the same number: look again before keeping it.
      const kept = await this.write(['casts'], async (at) => {
        const now = (await got(at('casts').get(key))) as Cast | undefined;
        if ((now?.sequence ?? 0) !== (before?.sequence ?? 0)) return false;
        at('casts').put({ ...cast, receipt: now?.receipt ?? null });
        return true;
      });
      if (kept) return cast;
    }
  }

  cast(wallet: string, round: string, purpose: string): Promise<Cast | undefined> {
    return this.get<Cast>('casts', [wallet, round, purpose]);
  }

  async casts(wallet: string, round: string): Promise<Cast[]> {
    return (await this.all<Cast>('casts')).filter((cast) => cast.wallet === wallet && cast.round === round);
  }

  /** What is waiting and may go out now. */
  async dueCasts(now: number): Promise<Cast[]> {
    return (await this.all<Cast>('casts')).filter(
      (cast) => cast.body !== null && !isFinal(cast.problem) && (cast.sendAfter <= now || cast.closesAt - now <= LAST_CALL),
    );
  }

  /** Gives up waiting: the next look at the queue sends it. */
  async sendNow(cast: Cast): Promise<void> {
    await this.changeCast(cast, (kept) => ({ ...kept, sendAfter: 0, problem: null }));
  }

  async recordAccepted(cast: Cast): Promise<void> {
    await this.changeCast(cast, (kept) => ({
      ...kept,
      body: null,
      problem: null,
      stored: null,
      receipt: { slot: cast.slot, ciphertextHash: cast.ciphertextHash, sequence: cast.sequence },
    }));
  }

  async recordProblem(cast: Cast, problem: string, stored: number | null = null): Promise<void> {
    await this.changeCast(cast, (kept) => ({ ...kept, problem, stored }));
  }

  /** Gives a cast up that was not accepted; what was accepted before it stays. */
  async dropCast(cast: Cast): Promise<void> {
    await this.changeCast(cast, (kept) => ({ ...kept, body: null, problem: null, stored: null }));
  }

  /** Changes a cast only if it is still the one meant; a newer one must not inherit an older one's outcome. */
  private async changeCast(cast: Cast, change: (kept: Cast) => Cast): Promise<void> {
    await this.write(['casts'], async (at) => {
      const kept = (await got(at('casts').get([cast.wallet, cast.round, cast.purpose]))) as Cast | undefined;
      if (kept?.sequence === cast.sequence) at('casts').put(change(kept));
    });
  }

  // --- Moving to another device --------------------------------------------------------------------------------------

  /** Everything of one member's wallet, as JSON. It holds the keys: whoever has the file can cast and read answers. */
  async exportFile(wallet: string): Promise<JsonObject> {
    const mine = <T extends { wallet: string }>(rows: T[]): T[] => rows.filter((row) => row.wallet === wallet);
    const [member] = mine(await this.members());
    if (!member) throw new Malformed('there is no such wallet');
    return {
      'andon-wallet': 'v1',
      answers: mine(await this.all<Draft>('answers')).map(({ round, answers, comment, queued }) => ({ round, answers, comment, queued })),
      casts: mine(await this.all<Cast>('casts')).map((cast) => ({ ...stripped(cast), body: cast.body && b64u(cast.body) })),
      head: toJson(anchorOf(await this.head())),
      me: member.me,
      places: mine(await this.places(wallet)).map(({ round, me, proof }) => ({ round, me, proof: toJson(proof) })),
      seen: (await this.seenRounds()).map(({ round, manifestHash }) => ({ round, hash: manifestHash })),
      slips: mine(await this.all<Slip>('slips')).map((slip) => ({
        round: slip.round,
        purpose: slip.purpose,
        secret_key: b64u(slip.secretKey),
        public_key: b64u(slip.publicKey),
        blind: b64u(slip.blind),
        blinded: b64u(slip.blinded),
        output: slip.output && b64u(slip.output),
      })),
      wallet,
    };
  }

  /**
   * Takes over a wallet from a file.
   * Guarantees: a ready slip of this device is never replaced; a sequence never falls; manifests and the log head
   * seen by the other device are held against this one's log.
   * Raises: Malformed; Refusal `manifest_changed` or `log_rewritten`; nothing is kept then.
   */
  async importFile(value: unknown): Promise<Member> {
    const file = readWalletFile(value);
    const { wallet, me } = file.member;
    await this.write(['wallets', 'slips', 'places', 'rounds', 'answers', 'casts', 'log'], async (at) => {
      for (const { round, hash: seenHash } of file.seen) {
        const seen = (await got(at('rounds').get(round))) as SeenRound | undefined;
        if (seen && seen.manifestHash !== seenHash) throw new Refusal('manifest_changed');
        // Without its text: the log must still show it, and it must have this hash.
        if (!seen) at('rounds').put({ ...unseen(round), manifestHash: seenHash });
      }
      if (file.head) {
        const stored = (await got(at('log').get('head'))) as { head: LogAnchor } | undefined;
        if (stored && stored.head.organisation !== file.head.organisation) throw new Refusal('log_rewritten');
        if (stored?.head.index === file.head.index && stored.head.hash !== file.head.hash) throw new Refusal('log_rewritten');
        const anchors = (await got(at('log').get('anchors'))) as { heads: LogAnchor[] } | undefined;
        if (stored?.head.hash !== file.head.hash) {
          at('log').put({ name: 'anchors', heads: [...(anchors?.heads ?? []), file.head] });
        }
      }
      at('wallets').put({ wallet, me });
      for (const slip of file.slips) {
        const held = (await got(at('slips').get([wallet, slip.round, slip.purpose]))) as Slip | undefined;
        if (!held || (!held.output && slip.output)) at('slips').put({ ...slip, wallet });
      }
      for (const { round, me: listed, proof } of file.places) {
        const held = (await got(at('places').get([wallet, round]))) as PlaceInRound | undefined;
        if (!held?.proof) at('places').put({ wallet, round, me: listed, proof, elsewhere: [], refused: null } satisfies PlaceInRound);
      }
      for (const cast of file.casts) {
        const held = (await got(at('casts').get([wallet, cast.round, cast.purpose]))) as Cast | undefined;
        if (!held || held.sequence < cast.sequence) at('casts').put({ ...cast, wallet });
      }
      for (const draft of file.answers) {
        const held = (await got(at('answers').get([wallet, draft.round]))) as Draft | undefined;
        if (!held) at('answers').put({ ...newDraft(wallet, draft.round), ...draft, begun: true } satisfies Draft);
      }
    });
    return file.member;
  }

  // --- Plumbing -----------------------------------------------------------------------------------------------------

  private transaction(stores: StoreName[], mode: IDBTransactionMode): IDBTransaction {
    return this.database.transaction(stores, mode, { durability: 'strict' });
  }

  private async get<T>(store: StoreName, key: IDBValidKey): Promise<T | undefined> {
    return (await got(this.transaction([store], 'readonly').objectStore(store).get(key))) as T | undefined;
  }

  private async all<T>(store: StoreName): Promise<T[]> {
    return (await got(this.transaction([store], 'readonly').objectStore(store).getAll())) as T[];
  }

  /** All of it or none of it; resolves when it is on disk. */
  private async write<T>(stores: StoreName[], work: (at: (name: StoreName) => IDBObjectStore) => T | Promise<T>): Promise<T> {
    const transaction = this.transaction(stores, 'readwrite');
    const done = completed(transaction);
    try {
      const result = await work((name) => transaction.objectStore(name));
      await done;
      return result;
    } catch (fault) {
      done.catch(() => undefined);
      try {
        transaction.abort();
      } catch {
        // It has already ended by itself.
      }
      throw fault;
    }
  }
}

function newDraft(wallet: string, round: string): Draft {
  return { wallet, round, answers: {}, comment: '', position: 0, begun: false, queued: {}, later: null };
}

/** Outcomes that trying again cannot change. */
export function isFinal(problem: string | null): boolean {
  return problem !== null && FINAL.has(problem);
}

const FINAL: ReadonlySet<string> = new Set([
  'malformed', 'bad_slip', 'no_such_round', 'lower_sequence', 'equal_sequence', 'closed', 'wrong_size',
  'wrong_content_type', 'receipt_mismatch',
]);

/** A random time between now and 48 hours before the end; late in a round there is nothing left to choose. */
export function laterTime(now: number, closesAt: number, random: Randomness = systemRandomness): number {
  const room = closesAt - LAST_CALL - now;
  if (room <= 0) return now;
  const [a = 0, b = 0, c = 0, d = 0] = random(4);
  return Math.floor(now + (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) / 2 ** 32 * room);
}

/** The payload of answers: what was skipped is absent. */
export function answersPayload(answers: Record<string, number>, codes: readonly string[]): Payload {
  const given: Answers = {};
  for (const code of codes) {
    const answer = answers[code];
    if (answer !== undefined && answer >= 1 && answer <= 5) given[code] = answer;
  }
  return { answers: given, v: 1 };
}

/**
 * Holds the head the door names against what this wallet had seen *before* it asked.
 * Raises: Refusal `log_rewritten` when the log became shorter or another.
 */
export function checkHead(claimed: { index: number; hash: string }, before: LogAnchor | null, anchors: readonly LogAnchor[]): void {
  for (const seen of before ? [before, ...anchors] : anchors) {
    if (claimed.index < seen.index || (claimed.index === seen.index && claimed.hash !== seen.hash)) {
      throw new Refusal('log_rewritten');
    }
  }
}

function checkOverlap(known: readonly LogEntry[], head: LogAnchor | null): void {
  let before: LogEntry | undefined;
  for (const entry of known) {
    if (before && (entry.index !== before.index + 1 || entry.previous !== entryHash(before))) throw new Refusal('log_rewritten');
    before = entry;
  }
  // Since each entry names the one before it, the last one speaks for all. A stretch that ends before the head was
  // asked for before another page of ours moved the head; a log cut short is noticed by its own head (`checkHead`).
  if (before && head && before.index === head.index && entryHash(before) !== head.hash) throw new Refusal('log_rewritten');
}

/** A head of this version; one that says nothing about delegations is no place to go on from. */
function current(head: LogAnchor | undefined): LogHead | null {
  return head && 'since' in head ? (head as LogHead) : null;
}

function anchorOf(head: LogHead | null): LogAnchor | null {
  return head && { hash: head.hash, index: head.index, organisation: head.organisation, stewardKey: head.stewardKey };
}

function meets(anchor: LogAnchor, entries: readonly LogEntry[]): boolean {
  const entry = entries.find(({ index }) => index === anchor.index);
  if (!entry) return false;
  if (entryHash(entry) !== anchor.hash) throw new Refusal('log_rewritten');
  return true;
}

function unseen(round: string): SeenRound {
  return { round, manifest: null, manifestHash: '', opened: false, closed: null, released: false, void: null, replaced: [] };
}

function advance(seen: SeenRound | undefined, round: string, entry: LogEntry): SeenRound {
  const known = seen ?? unseen(round);
  switch (entry.kind) {
    case 'manifest': {
      const shown = manifestHash(entry.body);
      if (known.manifest || (known.manifestHash !== '' && known.manifestHash !== shown)) throw new Refusal('manifest_changed');
      return { ...known, manifest: entry.body, manifestHash: shown };
    }
    case 'opened':
      return { ...known, opened: true };
    case 'closed':
      // The slot lists hang on the first one; a second could be made to fit other lists.
      if (known.closed) throw new Refusal('log_broken');
      return { ...known, closed: entry.body };
    case 'released':
      return { ...known, released: true };
    case 'void':
      return { ...known, void: typeof entry.body['reason'] === 'string' ? entry.body['reason'] : '' };
    case 'bundle':
      return { ...known, replaced: [...known.replaced, typeof entry.body['reason'] === 'string' ? entry.body['reason'] : ''] };
    default:
      return known;
  }
}

function stripped(cast: Cast): JsonObject {
  const { wallet: _, body: __, receipt, ...rest } = cast;
  return { ...rest, receipt: toJson(receipt) };
}

function toJson(value: object | null): JsonObject | null {
  return value === null ? null : (JSON.parse(JSON.stringify(value)) as JsonObject);
}

interface WalletFile {
  member: Member;
  head: LogAnchor | null;
  seen: { round: string; hash: string }[];
  slips: Omit<Slip, 'wallet'>[];
  places: { round: string; me: string; proof: UnitProof | null }[];
  casts: Omit<Cast, 'wallet'>[];
  answers: Pick<Draft, 'round' | 'answers' | 'comment' | 'queued'>[];
}

function readWalletFile(value: unknown): WalletFile {
  const file = exactKeys(value, 'andon-wallet', 'answers', 'casts', 'head', 'me', 'places', 'seen', 'slips', 'wallet');
  if (file['andon-wallet'] !== 'v1') throw new Malformed('not a wallet file of this version');
  const rows = (name: string): JsonObject[] =>
    list(file[name]).map((row) => {
      if (!isObject(row)) throw new Malformed('not an object');
      return row;
    });
  return {
    member: { wallet: text(file['wallet']), me: text(file['me']) },
    head: readHead(file['head']),
    seen: rows('seen').map((row) => ({ round: id(row['round']), hash: hash(row['hash']) })),
    slips: rows('slips').map((row) => ({
      round: id(row['round']),
      purpose: readPurpose(row['purpose']),
      secretKey: unb64u(row['secret_key'], 32),
      publicKey: unb64u(row['public_key'], 32),
      blind: unb64u(row['blind'], 32),
      blinded: unb64u(row['blinded'], 32),
      output: row['output'] === null ? null : unb64u(row['output'], 64),
    })),
    places: rows('places').map((row) => ({ round: id(row['round']), me: text(row['me']), proof: readProof(row['proof']) })),
    casts: rows('casts').map(readCast),
    answers: rows('answers').map((row) => ({
      round: id(row['round']),
      answers: Object.fromEntries(
        Object.entries(isObject(row['answers']) ? row['answers'] : {}).map(([code, answer]) => [code, integer(answer, 0, 5)]),
      ),
      comment: text(row['comment']),
      queued: Object.fromEntries(
        Object.entries(isObject(row['queued']) ? row['queued'] : {}).map(([name, payload]) => [readPurpose(name), text(payload)]),
      ),
    })),
  };
}

function readHead(value: unknown): LogAnchor | null {
  if (value === null) return null;
  const head = exactKeys(value, 'hash', 'index', 'organisation', 'stewardKey');
  unb64u(head['stewardKey'], 32);
  return {
    hash: hash(head['hash']),
    index: integer(head['index']),
    organisation: id(head['organisation']),
    stewardKey: text(head['stewardKey']),
  };
}

function readProof(value: unknown): UnitProof | null {
  if (value === null) return null;
  const { leaf, opening, path, index, count } = exactKeys(value, 'leaf', 'opening', 'path', 'index', 'count');
  if (!isObject(leaf) || !isObject(opening)) throw new Malformed('not an object');
  return { leaf, opening, path: list(path).map(hash), index: integer(index), count: integer(count, 1) };
}

function readCast(row: JsonObject): Omit<Cast, 'wallet'> {
  return {
    round: id(row['round']),
    purpose: readPurpose(row['purpose']),
    sequence: integer(row['sequence'], 1, MAX_SEQUENCE),
    body: row['body'] === null ? null : unb64u(row['body'], 4_096),
    slot: hash(row['slot']),
    ciphertextHash: hash(row['ciphertextHash']),
    sendAfter: integer(row['sendAfter']),
    closesAt: integer(row['closesAt']),
    problem: row['problem'] === null ? null : text(row['problem']),
    stored: row['stored'] === null ? null : integer(row['stored'], 1, MAX_SEQUENCE),
    receipt: readReceipt(row['receipt']),
  };
}

export function readReceipt(value: unknown): Receipt | null {
  if (value === null) return null;
  const receipt = exactKeys(value, 'slot', 'ciphertextHash', 'sequence');
  return {
    slot: hash(receipt['slot']),
    ciphertextHash: hash(receipt['ciphertextHash']),
    sequence: integer(receipt['sequence'], 1, MAX_SEQUENCE),
  };
}

export function slotHex(slip: Slip): string {
  return hex(slotOf(slip.publicKey));
}
