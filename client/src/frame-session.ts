/**
 * The frame's side of the talk with the app page: takes offers, sends blinded values, checks what comes back.
 *
 * Guarantees: reads only messages from the app's origin, from its parent, under its own nonce; sends `ready` and
 * `blinded` and nothing else; what it has to say to the member it shows in its own area.
 */

import { type Door, checkReceipts, Unreachable } from './door.ts';
import { readSlotProof, readUnitProof } from './manifest.ts';
import { type FromApp, type FromFrame, type Incoming, readFromApp, VERSION } from './messages.ts';
import { Refusal, type RefusalCode } from './refusal.ts';
import { type Member, type OfferedRound, readOffer, type Wallet } from './wallet.ts';
import { hasKeys, type JsonObject, list, purpose, text, unb64u } from './wire.ts';

export type RoundState =
  | { state: 'waiting' }
  | { state: 'ready'; kind: string; closesAt: number }
  | { state: 'elsewhere' }
  | { state: 'failed'; code: string }
  | { state: 'refused'; code: RefusalCode };

export type ReceiptState =
  | { finding: 'there' | 'no_receipt'; listed: number; roster: number }
  | { finding: 'missing' | 'not_the_list' | 'not_closed' | 'no_slip' | 'unreachable' }
  | { finding: 'refused'; code: RefusalCode };

/** Everything the frame shows. The app cannot read it. */
export interface Shown {
  phase: 'connecting' | 'listening' | 'done' | 'unreachable';
  rounds: Map<string, RoundState>;
  receipt: ReceiptState | null;
  refused: RefusalCode | null;
}

export interface FrameSetting {
  wallet: Wallet;
  door: Door;
  appOrigin: string;
  parent: unknown;
  nonce: string;
  post: (message: object) => void;
  show: (shown: Shown) => void;
}

export class FrameSession {
  readonly shown: Shown = { phase: 'listening', rounds: new Map(), receipt: null, refused: null };
  private member: Member | null = null;
  /** Purposes asked for, by round: an evaluation nobody asked for is not read. */
  private readonly asked = new Map<string, string[]>();
  private work: Promise<void> = Promise.resolve();

  constructor(private readonly setting: FrameSetting) {}

  ready(): void {
    this.send({ type: 'ready' });
  }

  get offered(): boolean {
    return this.member !== null;
  }

  /** Messages are worked on one after the other, so that a slot list waits for the slips it is checked with. */
  receive(event: Incoming): Promise<void> {
    const message = readFromApp(event, {
      origin: this.setting.appOrigin,
      source: this.setting.parent,
      nonce: this.setting.nonce,
    });
    if (message) this.work = this.work.then(() => this.handle(message)).catch(() => undefined);
    return this.work;
  }

  private async handle(message: FromApp): Promise<void> {
    try {
      switch (message.type) {
        case 'offer':
          await this.takeOffer(message.content);
          break;
        case 'evaluated':
          await this.takeEvaluated(message.round, message.content);
          break;
        case 'slots':
          await this.takeSlots(message.round, message.slots);
          break;
      }
    } catch (fault) {
      if (fault instanceof Refusal) this.shown.refused = fault.code;
      else if (fault instanceof Unreachable) this.shown.phase = 'unreachable';
      else throw fault;
    } finally {
      this.setting.show(this.shown);
    }
  }

  private async takeOffer(content: JsonObject): Promise<void> {
    const { wallet } = this.setting;
    const offer = readOffer(content);
    this.member = { wallet: offer.wallet, me: offer.me };
    await wallet.remember(this.member);
    await this.setting.door.follow(wallet);
    for (const round of offer.rounds) {
      await this.perRound(round.round, () => this.ask(this.member as Member, round));
    }
    this.shown.phase = 'done';
  }

  /** Asks for the slips of a round that this wallet still needs. */
  private async ask(member: Member, offered: OfferedRound): Promise<void> {
    const { wallet } = this.setting;
    const { round } = offered;
    const manifest = await wallet.manifest(round);
    const seen = await wallet.seenRound(round);
    if (seen?.closed || seen?.void != null) return;
    if (offered.purposes.some((name) => !manifest.purposes.includes(name))) throw new Refusal('key_not_in_manifest');
    const held = new Map((await wallet.slips(member.wallet, round)).map((slip) => [slip.purpose, slip]));
    const elsewhere = offered.purposes.filter((name) => offered.issued.includes(name) && !held.has(name));
    const needed = offered.purposes.filter((name) => !elsewhere.includes(name) && !held.get(name)?.output);
    if (elsewhere.length > 0) {
      await wallet.noteElsewhere(member.wallet, round, elsewhere);
      this.shown.rounds.set(round, { state: 'elsewhere' });
    }
    if (needed.length > 0) {
      const blinded = await wallet.draw(member.wallet, round, needed);
      this.asked.set(round, needed);
      this.shown.rounds.set(round, { state: 'waiting' });
      this.send({ type: 'blinded', round, blinded });
    } else if (elsewhere.length === 0) {
      await wallet.unit(member, round);
      this.shown.rounds.set(round, { state: 'ready', kind: manifest.kind, closesAt: Date.parse(manifest.closesAt) });
    }
  }

  private async takeEvaluated(round: string, content: JsonObject): Promise<void> {
    const { wallet } = this.setting;
    const asked = this.asked.get(round);
    if (!asked || !this.member) return;
    this.asked.delete(round);
    const member = this.member;
    await this.perRound(round, async () => {
      if (typeof content['error'] === 'string') {
        const elsewhere = content['error'] === 'already_issued';
        if (elsewhere) await wallet.noteElsewhere(member.wallet, round, asked);
        this.shown.rounds.set(round, elsewhere ? { state: 'elsewhere' } : { state: 'failed', code: content['error'] });
        return;
      }
      const evaluations = new Map(
        list(hasKeys(content, 'evaluations')['evaluations']).map((entry) => {
          const { purpose: name, value } = hasKeys(entry, 'purpose', 'value');
          return [purpose(name), unb64u(text(value), 96)] as const;
        }),
      );
      if (!content['opening']) throw new Refusal('roster_missing');
      const manifest = await wallet.manifest(round);
      await wallet.accept(member, round, readUnitProof(content), evaluations);
      const complete = asked.every((name) => evaluations.has(name));
      this.shown.rounds.set(
        round,
        complete
          ? { state: 'ready', kind: manifest.kind, closesAt: Date.parse(manifest.closesAt) }
          : { state: 'failed', code: 'malformed' },
      );
    });
  }

  private async takeSlots(round: string, slots: JsonObject): Promise<void> {
    const { wallet, door } = this.setting;
    const member = this.member ?? (await onlyMember(wallet));
    if (!member) return;
    try {
      await door.follow(wallet);
      // A browser that never had a slip for this round has nothing to compare; that is no refusal. It may have asked
      // for one and heard that another browser has it.
      const place = await wallet.place(member.wallet, round);
      if (!place?.proof && !place?.refused) {
        this.shown.receipt = { finding: 'no_slip' };
        return;
      }
      const unit = await wallet.unit(member, round);
      this.shown.receipt = await checkReceipts(wallet, member.wallet, unit, round, readSlotProof(slots));
    } catch (fault) {
      if (fault instanceof Refusal) this.shown.receipt = { finding: 'refused', code: fault.code };
      else if (fault instanceof Unreachable) this.shown.receipt = { finding: 'unreachable' };
      else this.shown.receipt = { finding: 'not_the_list' };
    }
  }

  /** One round's refusal or misfortune does not keep the slips of another from arriving. */
  private async perRound(round: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (fault) {
      if (fault instanceof Unreachable) throw fault;
      if (fault instanceof Refusal) {
        if (this.member) await this.setting.wallet.refuse(this.member.wallet, round, fault.code);
        this.shown.rounds.set(round, { state: 'refused', code: fault.code });
      } else {
        this.shown.rounds.set(round, { state: 'failed', code: 'malformed' });
      }
    }
  }

  private send(message: FromFrame): void {
    this.setting.post({ andon: VERSION, nonce: this.setting.nonce, ...message });
  }
}

async function onlyMember(wallet: Wallet): Promise<Member | null> {
  const members = await wallet.members();
  return members.length === 1 ? (members[0] ?? null) : null;
}
