/**
 * The screen of a debrief: one part at a time, with a clock that whoever leads the talk starts and stops.
 *
 * Nothing goes on by itself, makes a noise or flashes: when the time of a part is over the clock counts what is over.
 * A reload in the middle of a talk comes back to the same part with the same time. Without this all parts stand below
 * each other, with their minutes.
 */

import { keep, kept } from './kept.ts';
import type { Json } from './wire.ts';

/** "12:05", also of what is over. */
export function clock(seconds: number): string {
  const whole = Math.abs(Math.trunc(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}

/** Seconds of each part that have passed, counted only while the clock runs; a part keeps its own. */
export class Talk {
  readonly minutes: readonly number[];
  #passed: number[];
  #at = 0;
  #since: number | null = null;

  /** `before`: what an earlier page of the same talk told, read back from where it was kept; else it begins anew. */
  constructor(minutes: readonly number[], before: Record<string, Json> | null = null) {
    this.minutes = minutes;
    this.#passed = minutes.map(() => 0);
    const { at, passed, since } = before ?? {};
    if (typeof at !== 'number' || minutes[at] === undefined) return;
    if (!Array.isArray(passed) || passed.length !== minutes.length) return;
    if (!passed.every((seconds) => typeof seconds === 'number' && seconds >= 0)) return;
    this.#at = at;
    this.#passed = passed as number[];
    this.#since = typeof since === 'number' ? since : null;
  }

  told(): Record<string, Json> {
    return { at: this.#at, passed: [...this.#passed], since: this.#since };
  }

  get at(): number {
    return this.#at;
  }

  get running(): boolean {
    return this.#since !== null;
  }

  toggle(now: number): void {
    if (this.#since === null) this.#since = now;
    else {
      this.#keep(now);
      this.#since = null;
    }
  }

  go(to: number, now: number): void {
    if (to < 0 || to >= this.minutes.length) return;
    this.#keep(now);
    this.#at = to;
  }

  /** Seconds left of this part; below zero when its time is over. */
  left(now: number): number {
    const running = this.#since === null ? 0 : (now - this.#since) / 1000;
    return (this.minutes[this.#at] ?? 0) * 60 - (this.#passed[this.#at] ?? 0) - running;
  }

  #keep(now: number): void {
    if (this.#since === null) return;
    this.#passed[this.#at] = (this.#passed[this.#at] ?? 0) + (now - this.#since) / 1000;
    this.#since = now;
  }
}

function start(place: HTMLElement): void {
  const parts = [...place.querySelectorAll<HTMLElement>('[data-part]')];
  const steps = [...place.querySelectorAll<HTMLElement>('[data-places] > li')];
  const bar = place.querySelector<HTMLElement>('[data-bar]');
  const shown = place.querySelector<HTMLElement>('[data-clock]');
  const said = place.querySelector<HTMLElement>('[data-said]');
  const run = place.querySelector<HTMLButtonElement>('[data-run]');
  const back = place.querySelector<HTMLButtonElement>('[data-back]');
  const on = place.querySelector<HTMLButtonElement>('[data-on]');
  if (!bar || !shown || !said || !run || !back || !on) return;
  // A reload is another page with the same address; a debrief of another round begins with a clock of its own.
  const before = kept('talk');
  const talk = new Talk(
    parts.map((part) => Number(part.dataset['minutes'])),
    before?.['page'] === location.pathname ? before : null,
  );
  const told = new Set<number>();
  let awake: WakeLockSentinel | null = null;

  const paint = (): void => {
    const left = talk.left(Date.now());
    const over = left < 0;
    shown.textContent = `${clock(over ? left : Math.ceil(left))} ${place.dataset[over ? 'over' : 'left'] ?? ''}`;
    shown.classList.toggle('over', over);
    run.textContent = run.dataset[talk.running ? 'pause' : 'start'] ?? '';
    back.disabled = talk.at === 0;
    on.disabled = talk.at === parts.length - 1;
    parts.forEach((part, number) => (part.hidden = number !== talk.at));
    steps.forEach((step, number) => step.classList.toggle('now', number === talk.at));
    if (over && !told.has(talk.at)) {
      told.add(talk.at);
      said.textContent = said.dataset['up'] ?? '';
    }
  };
  const changed = (): void => {
    keep('talk', { ...talk.told(), page: location.pathname });
    paint();
  };
  const go = (to: number): void => {
    talk.go(to, Date.now());
    said.textContent = '';
    changed();
    parts[talk.at]?.focus();
  };
  // A projector that goes dark while somebody speaks helps nobody. Not every browser can, and none must.
  const stayAwake = (): void => {
    if (talk.running) void navigator.wakeLock?.request('screen').then((lock) => (awake = lock), () => undefined);
    else void awake?.release().then(() => (awake = null));
  };
  run.addEventListener('click', () => {
    talk.toggle(Date.now());
    stayAwake();
    changed();
  });
  back.addEventListener('click', () => go(talk.at - 1));
  on.addEventListener('click', () => go(talk.at + 1));
  bar.hidden = false;
  place.classList.add('one-at-a-time');
  setInterval(paint, 250);
  stayAwake();
  paint();
}

if (typeof document !== 'undefined') for (const place of document.querySelectorAll<HTMLElement>('[data-talk]')) start(place);
