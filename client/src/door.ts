/** Talking to the anonymous door: without cookies, without a referrer, and never in a way that says who asks. */

import { isSlotList, type LogEntry, readClosed, readEntry, sizeOf, type SlotProof, type Unit } from './manifest.ts';
import { Refusal } from './refusal.ts';
import { type Cast, checkHead, isFinal, type Wallet } from './wallet.ts';
import { type Bytes, hasKeys, hash, integer, isObject, list, parseJson, sha256Hex } from './wire.ts';

const PAGE = 100;
const PATIENCE_MS = 15_000;

/** Nobody answered, or the answer was not one of ours. What was meant to be sent is still here. */
export class Unreachable extends Error {
  override name = 'Unreachable';
}

export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

export type CastOutcome =
  | { outcome: 'accepted' }
  | { outcome: 'refused'; code: string; stored: number | null }
  | { outcome: 'unreachable' };

export interface Doors {
  app: string;
  anonymousDoor: string;
}

export class Door {
  constructor(private readonly fetch: Fetch = (path, init) => globalThis.fetch(path, init)) {}

  async doors(): Promise<Doors> {
    const { app, anonymous_door: anonymousDoor } = hasKeys(await this.json('/doors.json'), 'app', 'anonymous_door');
    // Only a bare origin: this becomes a `targetOrigin`, where a wildcard would tell the world.
    return { app: origin(app), anonymousDoor: origin(anonymousDoor) };
  }

  /**
   * Brings the wallet up to date with the log.
   * It asks for whole pages of a hundred, so that where a wallet stopped reading says little about whose it is.
   * Raises: Unreachable; Refusal when the log is not the one seen before or does not hold.
   */
  async follow(wallet: Wallet): Promise<void> {
    await exclusively('andon-log', async () => {
      const before = await wallet.head();
      const anchors = await wallet.anchors();
      const claimed = readClaim(await this.json('/log/head'));
      checkHead(claimed, before, anchors);
      if (before?.index === claimed.index && anchors.length === 0) return;
      const first = Math.min(...[before, ...anchors].map((seen) => seen?.index ?? 0));
      for (let from = Math.floor(first / PAGE) * PAGE; from <= claimed.index; from += PAGE) {
        const entries = readPage(await this.json(`/log/?from=${from}`));
        if (entries[0]?.index !== from) throw new Refusal('log_broken');
        await wallet.follow(entries);
      }
      const after = await wallet.head();
      if (!after || after.index < claimed.index) throw new Refusal('log_broken');
      if (after.index === claimed.index && after.hash !== claimed.hash) throw new Refusal('log_broken');
    });
  }

  /** A file by its hash; kept, because it can never be another. Raises: Unreachable; Refusal `blob_mismatch`. */
  async blob(wallet: Wallet, sha256: string): Promise<Bytes> {
    const kept = await wallet.blob(sha256);
    const bytes = kept ?? new Uint8Array(await (await this.get(`/blob/${sha256}`)).arrayBuffer());
    if (sha256Hex(bytes) !== sha256) throw new Refusal('blob_mismatch');
    if (!kept) await wallet.keepBlob(sha256, bytes);
    return bytes;
  }

  /** Sends exactly the bytes that were kept, and records what came of it. */
  async send(wallet: Wallet, cast: Cast): Promise<CastOutcome> {
    if (!cast.body) return { outcome: 'accepted' };
    let response: Response;
    let answer: unknown;
    try {
      response = await this.fetch('/cast/', {
        method: 'POST',
        body: cast.body,
        headers: { 'Content-Type': 'application/json' },
        ...NOBODY,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      answer = parseJson(await response.text());
    } catch {
      await wallet.recordProblem(cast, 'unreachable');
      return { outcome: 'unreachable' };
    }
    if (response.ok && isObject(answer)) {
      const same =
        answer['outcome'] === 'accepted' &&
        answer['slot'] === cast.slot &&
        answer['ciphertext'] === cast.ciphertextHash &&
        answer['sequence'] === cast.sequence;
      if (same) {
        await wallet.recordAccepted(cast);
        return { outcome: 'accepted' };
      }
      await wallet.recordProblem(cast, 'receipt_mismatch');
      return { outcome: 'refused', code: 'receipt_mismatch', stored: null };
    }
    const code = isObject(answer) && typeof answer['error'] === 'string' ? answer['error'] : 'unreachable';
    const stored = isObject(answer) && typeof answer['sequence'] === 'number' ? answer['sequence'] : null;
    await wallet.recordProblem(cast, code, stored);
    return code === 'unreachable' ? { outcome: 'unreachable' } : { outcome: 'refused', code, stored };
  }

  /** Sends what is waiting and due. Any page of this origin does it; the same bytes twice do no harm. */
  async sendDue(wallet: Wallet, now: number): Promise<void> {
    await exclusively('andon-queue', async () => {
      for (const cast of await wallet.dueCasts(now)) {
        const current = await wallet.cast(cast.wallet, cast.round, cast.purpose);
        if (current?.sequence === cast.sequence && current.body && !isFinal(current.problem)) await this.send(wallet, current);
      }
    });
  }

  private async json(path: string): Promise<unknown> {
    const response = await this.get(path);
    try {
      return parseJson(await response.text());
    } catch {
      throw new Unreachable(path);
    }
  }

  private async get(path: string): Promise<Response> {
    let response: Response;
    try {
      response = await this.fetch(path, { ...NOBODY, signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch {
      throw new Unreachable(path);
    }
    if (!response.ok) throw new Unreachable(path);
    return response;
  }
}

const NOBODY = { credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store' } as const;

function origin(value: unknown): string {
  const url = new URL(String(value));
  if (url.origin !== value || url.origin === 'null') throw new Unreachable('/doors.json');
  return url.origin;
}

function readPage(value: unknown): LogEntry[] {
  try {
    return list(hasKeys(value, 'entries')['entries']).map(readEntry);
  } catch {
    throw new Refusal('log_broken');
  }
}

function readClaim(value: unknown): { hash: string; index: number } {
  try {
    const head = hasKeys(value, 'hash', 'index');
    return { hash: hash(head['hash']), index: integer(head['index']) };
  } catch {
    throw new Unreachable('/log/head');
  }
}

export type ReceiptFinding =
  | { finding: 'there'; listed: number; roster: number }
  | { finding: 'missing' }
  | { finding: 'not_the_list' }
  | { finding: 'not_closed' }
  | { finding: 'no_receipt'; listed: number; roster: number };

/** Whether this wallet's receipts are in the slot list that the log committed to when the round closed. */
export async function checkReceipts(wallet: Wallet, member: string, unit: Unit, round: string, proof: SlotProof): Promise<ReceiptFinding> {
  const closed = (await wallet.seenRound(round))?.closed;
  if (!closed) return { finding: 'not_closed' };
  if (!isSlotList(readClosed(closed), unit, sizeOf(unit), proof)) return { finding: 'not_the_list' };
  const casts = await wallet.casts(member, round);
  const counts = new Map<string, number>();
  for (const [, name] of proof.list) counts.set(name, (counts.get(name) ?? 0) + 1);
  const listed = Math.max(0, ...counts.values());
  const isListed = (cast: Cast, sum: string): boolean =>
    proof.list.some((row) => row[0] === cast.slot && row[1] === cast.purpose && row[2] === sum);
  // A cast whose confirmation was lost on the way may still have arrived; then the list shows it, and that is right.
  const arrived = casts.filter((cast) => cast.receipt || isListed(cast, cast.ciphertextHash));
  if (arrived.length === 0) return { finding: 'no_receipt', listed, roster: sizeOf(unit) };
  const there = arrived.every(
    (cast) => isListed(cast, cast.ciphertextHash) || (cast.receipt !== null && isListed(cast, cast.receipt.ciphertextHash)),
  );
  return there ? { finding: 'there', listed, roster: sizeOf(unit) } : { finding: 'missing' };
}

const waiting = new Map<string, Promise<unknown>>();

/** One at a time across all pages of this origin; without Web Locks, at least within this page. */
export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  if (locks) return await locks.request(name, work);
  const before = waiting.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  waiting.set(name, mine.catch(() => undefined));
  return mine;
}
