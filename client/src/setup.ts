/**
 * The key step of the first run: the steward's key is made here, shown, kept by the person, and signs here.
 *
 * Guarantees: the private key stands in this page's memory and on its screen only; what leaves the page is the public
 * key and two signatures over texts that this code puts together itself. Does not: protect against a page that was
 * changed by whoever serves it; `andon setup` on the command line makes the key without a browser.
 */

import { ed25519 } from '@noble/curves/ed25519.js';
import wordText from '../../src/andon/kernel/manifest/words.txt';
import { KEY_WORDS, keyFromWords, keyWords } from './key-words.ts';
import { entryHash, signedMessage } from './manifest.ts';
import { b64u, type Bytes, type JsonObject, sameBytes, unb64u } from './wire.ts';

const LIST = wordText.trim().split(/\s+/);
const FIRST_PREVIOUS = '0'.repeat(64);

export interface Founding {
  organisation: string;
  delegate: string;
  from: string;
  until: string;
}

export interface Signatures {
  stewardKey: string;
  genesis: string;
  delegation: string;
}

/** The bodies are those of src/andon/features/rounds/founding.py; a vector in both tests holds them together. */
export function signFounding(key: Uint8Array, founding: Founding): Signatures {
  const stewardKey = b64u(ed25519.getPublicKey(key));
  const sign = (kind: string, body: JsonObject): string => b64u(ed25519.sign(signedMessage(kind, body), key));
  const body = { andon: 'v1', organisation: founding.organisation, steward_key: stewardKey };
  const genesis = sign('genesis', body);
  const previous = entryHash({ body, index: 0, kind: 'genesis', previous: FIRST_PREVIOUS, signature: genesis });
  return { stewardKey, genesis, delegation: sign('delegation', { andon: 'v1', ...founding, previous }) };
}

/** A key as it is in a file (one line of base64url) or on paper (24 words); null where it is neither. */
export function readKey(text: string): Bytes | null {
  try {
    return unb64u(text.trim(), 32);
  } catch {
    try {
      return keyFromWords(text, LIST);
    } catch {
      return null;
    }
  }
}

/** Two places of the 24, different ones, in order. */
export function twoPlaces(random: (below: number) => number): [number, number] {
  const first = random(KEY_WORDS);
  const second = (first + 1 + random(KEY_WORDS - 1)) % KEY_WORDS;
  return first < second ? [first, second] : [second, first];
}

function randomBelow(below: number): number {
  // 256 is no multiple of 23 or 24, and which word is asked for is no secret.
  return (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) % below;
}

/** The page: templates/setup/key.html. Words stand in the template; this shows and hides them. */
class KeyPage {
  private readonly form: HTMLFormElement;
  private key: Bytes = new Uint8Array(32);
  private places: [number, number] = [0, 1];

  constructor(private readonly root: HTMLElement) {
    this.form = root.querySelector('form') as HTMLFormElement;
    this.on('[data-make]', 'click', () => this.make());
    this.on('[data-save]', 'click', () => this.save());
    this.on('[data-print]', 'click', () => print());
    this.on('[data-kept]', 'click', () => this.ask());
    this.on('[data-again]', 'click', () => this.showOnly('words'));
    this.on('[data-file]', 'change', () => void this.readFile());
    this.on('[data-have]', 'click', () => this.showOnly('have'));
    this.form.addEventListener('submit', (event) => this.submit(event));
    root.querySelector('[data-needs-script]')?.remove();
    this.showOnly(root.dataset['begun'] === undefined ? 'begin' : 'have');
  }

  private on(selector: string, event: string, act: () => void): void {
    for (const element of this.root.querySelectorAll(selector)) element.addEventListener(event, act);
  }

  private part(name: string): HTMLElement {
    return this.root.querySelector(`[data-part="${name}"]`) as HTMLElement;
  }

  private input(name: string): HTMLInputElement {
    return this.form.elements.namedItem(name) as HTMLInputElement;
  }

  private showOnly(wanted: string): void {
    for (const part of this.root.querySelectorAll<HTMLElement>('[data-part]')) {
      part.hidden = part.dataset['part'] !== wanted;
    }
    this.say('');
    const part = this.part(wanted);
    if (wanted !== 'begin') part.querySelector<HTMLElement>('h2')?.focus();
  }

  /** Which of the sentences of the template is shown; none for "". */
  private say(problem: string): void {
    for (const sentence of this.root.querySelectorAll<HTMLElement>('[data-problem]')) {
      sentence.hidden = sentence.dataset['problem'] !== problem;
    }
  }

  private make(): void {
    this.key = crypto.getRandomValues(new Uint8Array(32));
    const words = keyWords(this.key, LIST);
    this.root.querySelectorAll('[data-words] li').forEach((item, place) => {
      item.textContent = words[place] ?? '';
    });
    addEventListener('beforeunload', this.warn);
    this.showOnly('words');
  }

  /** A key that nobody kept is gone with the page. */
  private readonly warn = (event: BeforeUnloadEvent): void => event.preventDefault();

  private save(): void {
    const address = URL.createObjectURL(new Blob([`${b64u(this.key)}\n`], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = this.root.dataset['fileName'] ?? 'andon-steward.key';
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  private ask(): void {
    this.places = twoPlaces(randomBelow);
    this.places.forEach((place, index) => {
      const number = this.root.querySelector(`[data-number="${index}"]`);
      if (number) number.textContent = String(place + 1);
    });
    for (const input of this.root.querySelectorAll<HTMLInputElement>('[data-word]')) input.value = '';
    this.showOnly('check');
  }

  private async readFile(): Promise<void> {
    const [file] = this.root.querySelector<HTMLInputElement>('[data-part="check"] [data-file]')?.files ?? [];
    if (!file) return;
    const found = file.size < 10_000 ? readKey(await file.text()) : null;
    if (found && sameBytes(found, this.key)) this.found();
    else this.say('file');
  }

  private submit(event: Event): void {
    if (this.input('genesis').value) return;
    event.preventDefault();
    if (this.part('have').hidden) {
      const words = keyWords(this.key, LIST);
      const typed = [...this.root.querySelectorAll<HTMLInputElement>('[data-word]')].map((input) => input.value.trim().toLowerCase());
      if (typed.every((word, index) => word === words[this.places[index] ?? 0])) this.found();
      else this.say('words');
      return;
    }
    void this.readHad();
  }

  private async readHad(): Promise<void> {
    const [file] = this.root.querySelector<HTMLInputElement>('[data-had-file]')?.files ?? [];
    const typed = this.root.querySelector<HTMLTextAreaElement>('[data-had]')?.value ?? '';
    const key = readKey(file && !typed.trim() && file.size < 10_000 ? await file.text() : typed);
    const begun = this.root.dataset['begun'];
    if (!key) this.say('had');
    else if (begun !== undefined && b64u(ed25519.getPublicKey(key)) !== begun) this.say('other');
    else {
      this.key = key;
      this.found();
    }
  }

  private found(): void {
    const { dataset } = this.root;
    const signatures = signFounding(this.key, {
      organisation: dataset['organisation'] ?? '',
      delegate: dataset['delegate'] ?? '',
      from: dataset['from'] ?? '',
      until: dataset['until'] ?? '',
    });
    this.input('steward_key').value = signatures.stewardKey;
    this.input('genesis').value = signatures.genesis;
    this.input('delegation').value = signatures.delegation;
    this.key.fill(0);
    removeEventListener('beforeunload', this.warn);
    // Not while the form is being sent: a browser ignores what asks for that again.
    setTimeout(() => this.form.requestSubmit());
  }
}

/** The doors step: the anonymous door's frame says `ready` to a page that it answers to. */
function watchDoor(root: HTMLElement): void {
  const frame = root.querySelector('iframe');
  const origin = root.dataset['door'] ?? '';
  const say = (state: string): void => {
    for (const sentence of root.querySelectorAll<HTMLElement>('[data-door-state]')) {
      sentence.hidden = sentence.dataset['doorState'] !== state;
    }
  };
  const late = setTimeout(() => say('silent'), 8_000);
  addEventListener('message', (event) => {
    if (event.origin !== origin || event.source !== frame?.contentWindow) return;
    clearTimeout(late);
    say('reached');
  });
  say(isSecureContext ? 'waiting' : 'insecure');
  if (frame) frame.src = `${origin}/frame/`;
}

function start(): void {
  const key = document.querySelector<HTMLElement>('[data-setup-key]');
  if (key) new KeyPage(key);
  const door = document.querySelector<HTMLElement>('[data-door]');
  if (door) watchDoor(door);
}

if (typeof document !== 'undefined') {
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
}
