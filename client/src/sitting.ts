/** One member at one round: everything the answering page knows, and the few things it does. No elements here. */

import { canonical, fromUtf8, isObject, parseJson } from './wire.ts';
import { payloadFits, type Payload } from './ballot.ts';
import type { Door } from './door.ts';
import { type Instrument, readInstrument, type Statement } from './instrument.ts';
import { ballotsForComments, type Manifest, sizeOf, type Unit } from './manifest.ts';
import {
  answersPayload,
  type Cast,
  type Draft,
  laterTime,
  type Member,
  type PlaceInRound,
  type SeenRound,
  type Wallet,
} from './wallet.ts';

export class Sitting {
  draft: Draft;
  casts: Cast[] = [];
  statements: Statement[];

  private constructor(
    readonly wallet: Wallet,
    readonly door: Door,
    readonly member: Member,
    readonly manifest: Manifest,
    public seen: SeenRound,
    readonly unit: Unit,
    readonly place: PlaceInRound,
    public instrument: Instrument,
    private readonly purposes: ReadonlySet<string>,
    draft: Draft,
  ) {
    this.draft = draft;
    this.statements = this.asked();
  }

  /** In a window: what is asked by now and has a slip, the newest last. */
  private asked(): Statement[] {
    const { statements } = this.instrument;
    if (!this.isWindow) return statements;
    const now = Date.now();
    return this.manifest.questions
      .filter(({ code, from }) => Date.parse(from) <= now && this.purposes.has(`ballot/${code}`))
      .flatMap((question) => statements.filter(({ code }) => code === question.code));
  }

  /** The question of the day or of the week. */
  get newest(): Statement | undefined {
    return this.statements.at(-1);
  }

  /** Questions of earlier days without an answer from this browser; they stay open until the close. */
  get missed(): Statement[] {
    return this.statements.slice(0, -1).filter(({ code }) => !this.isAnswered(code));
  }

  isAnswered(code: string): boolean {
    return this.draft.answers[code] !== undefined || this.castOf(code) !== undefined;
  }

  castOf(code: string): Cast | undefined {
    return this.casts.find(({ purpose }) => purpose === `ballot/${code}`);
  }

  /** One tap: what was chosen is kept, sealed, and queued for a random later time. */
  async answerAndSeal(code: string, answer: number): Promise<void> {
    await this.keep({ answers: { ...this.draft.answers, [code]: answer }, begun: true });
    await this.cast();
  }

  /** From here on in the original wording, where there is another one. */
  showOriginal(): void {
    this.instrument = this.instrument.original ?? this.instrument;
    this.statements = this.asked();
  }

  /**
   * Opens a round for a member whose slip is ready.
   * Raises: Refusal; Unreachable when the statements were never loaded and cannot be now. Null without a slip.
   */
  static async open(wallet: Wallet, door: Door, member: Member, round: string, languages: readonly string[]): Promise<Sitting | null> {
    const seen = await wallet.seenRound(round);
    const manifest = await wallet.manifest(round);
    const place = await wallet.place(member.wallet, round);
    const purposes = new Set((await wallet.slips(member.wallet, round)).filter((slip) => slip.output).map((slip) => slip.purpose));
    if (!seen || !place?.proof || purposes.size === 0) {
      if (place?.refused) await wallet.unit(member, round);
      return null;
    }
    const unit = await wallet.unit(member, round);
    const instrument = readInstrument(await door.blob(wallet, manifest.instrument.sha256), languages);
    const draft = await wallet.draft(member.wallet, round);
    const sitting = new Sitting(wallet, door, member, manifest, seen, unit, place, instrument, purposes, draft);
    await sitting.refresh();
    return sitting;
  }

  get round(): string {
    return this.manifest.round;
  }

  /** Whether a question a day or a week is asked, each with a ballot of its own. */
  get isWindow(): boolean {
    return this.manifest.questions.length > 0;
  }

  get closesAt(): number {
    return Date.parse(this.manifest.closesAt);
  }

  get opensAt(): number {
    return Date.parse(this.manifest.opensAt);
  }

  get over(): boolean {
    return this.seen.closed !== null || this.seen.void !== null;
  }

  get commentsAsked(): boolean {
    return this.purposes.has('comment') && sizeOf(this.unit) >= this.ballotsForComments;
  }

  get ballotsForComments(): number {
    return ballotsForComments(this.manifest);
  }

  /** Answers of a window go out at a random later time, each at its own; of a full round at once, unless chosen. */
  get later(): boolean {
    return this.isWindow || (this.draft.later ?? false);
  }

  get sendsLaterAtAll(): boolean {
    const now = Date.now();
    return laterTime(now, this.closesAt) > now;
  }

  async refresh(): Promise<void> {
    this.casts = await this.wallet.casts(this.member.wallet, this.round);
    this.seen = (await this.wallet.seenRound(this.round)) ?? this.seen;
    // A page that stands open over night knows the next question.
    this.statements = this.asked();
  }

  async keep(change: Partial<Draft>): Promise<void> {
    this.draft = { ...this.draft, ...change };
    await this.wallet.keepDraft(this.draft);
  }

  answer(code: string, answer: number): Promise<void> {
    return this.keep({ answers: { ...this.draft.answers, [code]: answer } });
  }

  /** What would be cast now, by purpose: only purposes with something new in them. */
  changes(): Map<string, Payload> {
    const changed = new Map<string, Payload>();
    const consider = (purpose: string, payload: Payload, empty: boolean): void => {
      const before = this.draft.queued[purpose];
      // Nothing was said and nothing had been said: there is nothing to send, and no traffic that says so.
      if (before === undefined && empty) return;
      if (before !== fromUtf8(canonical(payload))) changed.set(purpose, payload);
    };
    const { answers, comment } = this.draft;
    if (this.isWindow) {
      for (const { code } of this.statements) consider(`ballot/${code}`, answersPayload(answers, [code]), !answers[code]);
    } else {
      const codes = this.statements.map(({ code }) => code);
      consider('ballot', answersPayload(answers, codes), codes.every((code) => answers[code] === undefined));
    }
    if (this.commentsAsked) consider('comment', { comment: comment.trim(), v: 1 }, comment.trim() === '');
    return changed;
  }

  static commentFits(comment: string): boolean {
    return payloadFits({ comment: comment.trim(), v: 1 });
  }

  /** Seals what changed and puts it into the queue; sends it at once unless the member chose later. */
  async cast(): Promise<void> {
    const now = Date.now();
    for (const [purpose, payload] of this.changes()) {
      // Each has its own time, or one moment would tie the answers of many days together.
      const sendAfter = this.later ? laterTime(now, this.closesAt) : 0;
      await this.wallet.prepareCast(this.member, this.round, purpose, payload, { sendAfter });
      await this.keep({ queued: { ...this.draft.queued, [purpose]: fromUtf8(canonical(payload)) } });
    }
    await this.sendDue();
  }

  async sendDue(): Promise<void> {
    await this.door.sendDue(this.wallet, Date.now());
    await this.refresh();
  }

  /** Sends everything that waits, also what was refused or meant for later. */
  async sendNow(): Promise<void> {
    for (const cast of this.casts) if (cast.body) await this.wallet.sendNow(cast);
    await this.sendDue();
  }

  /** Casts the same answers again above the number that the box holds. */
  async replaceNewer(): Promise<void> {
    for (const cast of this.casts) {
      const payload = this.queuedPayload(cast.purpose);
      if (!cast.body || !payload || (cast.problem !== 'lower_sequence' && cast.problem !== 'equal_sequence')) continue;
      await this.wallet.prepareCast(this.member, this.round, cast.purpose, payload, { above: cast.stored ?? cast.sequence });
    }
    await this.sendDue();
  }

  /** Leaves the newer ballot in the box as it is. */
  async keepNewer(): Promise<void> {
    for (const cast of this.casts) {
      if (cast.problem === 'lower_sequence' || cast.problem === 'equal_sequence') await this.wallet.dropCast(cast);
    }
    await this.refresh();
  }

  async forgetAnswers(): Promise<void> {
    await this.wallet.forgetAnswers(this.member.wallet, this.round);
    this.draft = await this.wallet.draft(this.member.wallet, this.round);
  }

  get waiting(): Cast[] {
    return this.casts.filter((cast) => cast.body !== null);
  }

  get receipts(): Cast[] {
    return this.casts.filter((cast) => cast.receipt !== null);
  }

  receiptsFile(): string {
    const receipts = this.receipts.map(({ purpose, receipt }) => ({
      ciphertext: receipt?.ciphertextHash,
      purpose,
      sequence: receipt?.sequence,
      slot: receipt?.slot,
    }));
    return `${JSON.stringify({ andon: 'v1', receipts, round: this.round }, null, 2)}\n`;
  }

  /** As `andon verify --receipt` takes them: slot and hash, one receipt a line. */
  receiptLines(): string {
    return this.receipts.map(({ receipt }) => `${receipt?.slot ?? ''}:${receipt?.ciphertextHash ?? ''}`).join('\n');
  }

  private queuedPayload(purpose: string): Payload | null {
    const text = this.draft.queued[purpose];
    const payload = text === undefined ? null : parseJson(text);
    return isObject(payload) ? (payload as unknown as Payload) : null;
  }
}
