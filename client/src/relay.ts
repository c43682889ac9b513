/**
 * The app's side of the talk: carries offers, blinded values and evaluations between the server and the frame.
 *
 * It sees nothing that the server does not see as well, and it is quiet: a member who came to read something else is
 * not to be bothered by a slip that can wait.
 */

import { type FromFrame, type Incoming, readFromFrame, VERSION } from './messages.ts';
import { isObject, type JsonObject } from './wire.ts';

const PATIENCE_MS = 20_000;

export interface RelaySetting {
  frameOrigin: string;
  frame: unknown;
  csrfToken: string;
  fetch: (path: string, init: RequestInit) => Promise<Response>;
  post: (message: object) => void;
}

export class Relay {
  private nonce: string | null = null;
  private offered: ReadonlySet<string> = new Set();
  private open: () => void = () => undefined;
  /** Settled once the frame has had its offer, or there is none to have. */
  private readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  constructor(private readonly setting: RelaySetting) {}

  async receive(event: Incoming): Promise<void> {
    const message = readFromFrame(event, {
      origin: this.setting.frameOrigin,
      source: this.setting.frame,
      nonce: this.nonce,
    });
    if (message?.type === 'ready' && this.nonce === null) {
      this.nonce = message.nonce;
      await this.offer();
      this.open();
    } else if (message?.type === 'blinded' && this.nonce !== null) {
      await this.evaluate(message);
    }
  }

  /** Hands a unit file's slot list to the frame, which compares it with its receipts and tells nobody. */
  async slots(path: string): Promise<void> {
    await this.opened;
    const file = await this.json(path, {});
    if (!file || typeof file['round'] !== 'string' || !isObject(file['slots'])) return;
    this.send({ type: 'slots', round: file['round'], slots: file['slots'] });
  }

  private async offer(): Promise<void> {
    const offer = await this.json('/slips/offer/', {});
    if (!offer || !Array.isArray(offer['rounds'])) return;
    this.offered = new Set(offer['rounds'].flatMap((round) => (isObject(round) ? [String(round['round'])] : [])));
    this.send({ ...offer, type: 'offer' });
  }

  private async evaluate({ round, blinded }: FromFrame & { type: 'blinded' }): Promise<void> {
    // Only what the server itself offered is asked of it.
    if (!this.offered.has(round)) return;
    const answer = await this.json('/slips/', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-CSRFToken': this.setting.csrfToken },
      body: JSON.stringify({ blinded, round }),
    });
    if (answer && typeof answer['error'] !== 'string') this.send({ ...answer, type: 'evaluated', round });
    else this.send({ type: 'evaluated', round, error: String(answer?.['error'] ?? 'unavailable') });
  }

  private async json(path: string, init: RequestInit): Promise<JsonObject | null> {
    try {
      const response = await this.setting.fetch(path, {
        credentials: 'same-origin',
        ...init,
        headers: { Accept: 'application/json', ...init.headers },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const answer: unknown = await response.json();
      return isObject(answer) && (response.ok || typeof answer['error'] === 'string') ? answer : null;
    } catch {
      return null;
    }
  }

  private send(message: object): void {
    this.setting.post({ ...message, andon: VERSION, nonce: this.nonce });
  }
}
