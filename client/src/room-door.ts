/** Talking to a room: without cookies, without a referrer, and with nothing in an address. */

import { hasKeys, integer, isObject, type Json, list, Malformed, parseJson, text } from './wire.ts';

const PATIENCE_MS = 10_000;

/** Nobody answered, or the answer was not one of ours. */
export class NotReached extends Error {
  override name = 'NotReached';
}

/** The room said no, and why. */
export class Declined extends Error {
  override name = 'Declined';
  constructor(readonly code: string) {
    super(code);
  }
}

export type Statement = { code: string } | { text: string };

export interface Seen {
  /** How many cards have each answer from 1 to 5; null before they turn, and when too few have a number. */
  cards: number[] | null;
  chosen: number;
  lookAgainIn: number;
  mine: boolean;
  phase: 'waiting' | 'open' | 'turned';
  phones: number;
  statement: Statement | null;
  turn: number;
  turnsIn: number | null;
}

export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

export class RoomDoor {
  constructor(private readonly fetch: Fetch = (path, init) => globalThis.fetch(path, init)) {}

  async create(): Promise<{ code: string; key: string }> {
    const { code, key } = hasKeys(await this.ask('create', {}), 'code', 'key');
    return { code: text(code), key: text(key) };
  }

  async join(code: string): Promise<string> {
    return text(hasKeys(await this.ask('join', { code }), 'seat')['seat']);
  }

  async look(code: string, seat: string): Promise<Seen> {
    return readSeen(await this.ask('look', { code, seat }));
  }

  /** `choice` is 1 to 5, or 0 for passing. */
  async choose(code: string, seat: string, turn: number, choice: number): Promise<Seen> {
    return readSeen(await this.ask('choose', { choice, code, seat, turn }));
  }

  async leave(code: string, seat: string): Promise<void> {
    await this.ask('leave', { code, seat });
  }

  async watch(code: string, key: string): Promise<Seen> {
    return readSeen(await this.ask('watch', { code, key }));
  }

  async show(code: string, key: string, statement: Statement): Promise<Seen> {
    return readSeen(await this.ask('show', { code, key, statement }));
  }

  async turn(code: string, key: string, turn: number): Promise<Seen> {
    return readSeen(await this.ask('turn', { code, key, turn }));
  }

  async end(code: string, key: string): Promise<void> {
    await this.ask('end', { code, key });
  }

  private async ask(deed: string, fields: { [name: string]: Json }): Promise<Json> {
    let response: Response;
    let answer: Json;
    try {
      response = await this.fetch(`/rooms/${deed}`, {
        method: 'POST',
        body: asWritten(fields),
        headers: { 'Content-Type': 'application/json' },
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      answer = parseJson(await response.text());
    } catch {
      throw new NotReached(deed);
    }
    if (response.ok) return answer;
    const code = isObject(answer) ? answer['error'] : null;
    throw typeof code === 'string' && code !== 'unavailable' ? new Declined(code) : new NotReached(deed);
  }
}

/** Canonical JSON of what a deed holds: texts, whole numbers and one object of one text. */
function asWritten(fields: { [name: string]: Json }): string {
  return JSON.stringify(Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))));
}

export function readSeen(answer: Json): Seen {
  try {
    const seen = hasKeys(answer, 'cards', 'chosen', 'look_again_in', 'mine', 'phase', 'phones', 'statement', 'turn', 'turns_in');
    const { cards, mine, phase, statement, turns_in: turnsIn } = seen;
    if (phase !== 'waiting' && phase !== 'open' && phase !== 'turned') throw new Malformed('no phase');
    if (typeof mine !== 'boolean') throw new Malformed('neither mine nor not');
    const counted = cards === null || cards === undefined ? null : list(cards).map((count) => integer(count));
    if (counted !== null && counted.length !== 5) throw new Malformed('cards have five answers');
    return {
      cards: counted,
      chosen: integer(seen['chosen']),
      lookAgainIn: integer(seen['look_again_in']),
      mine,
      phase,
      phones: integer(seen['phones']),
      statement: readStatement(statement),
      turn: integer(seen['turn']),
      turnsIn: turnsIn === null || turnsIn === undefined ? null : integer(turnsIn),
    };
  } catch {
    throw new NotReached('an answer of another version');
  }
}

function readStatement(value: Json | undefined): Statement | null {
  if (!isObject(value)) return null;
  return typeof value['code'] === 'string' ? { code: value['code'] } : { text: text(value['text']) };
}

/** As it is typed from a wall: capitals or not, with or without a line between, O for 0 and I or L for 1. */
export function readCode(typed: string): string | null {
  const code = typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  return /^[0-9A-HJKMNP-TV-Z]{8}$/.test(code) ? code : null;
}

export function spelled(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}
