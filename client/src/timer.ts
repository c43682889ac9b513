/**
 * The screen of a debrief: one part at a time, with a clock that whoever leads the talk starts and stops.
 *
 * Nothing goes on by itself, makes a noise or flashes: when the time of a part is over the clock counts what is over.
 * Without this all parts stand below each other, with their minutes.
 */

/** "12:05", also of what is over. */
export function clock(seconds: number): string {
  const whole = Math.abs(Math.trunc(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}

/** Seconds of each part that have passed, counted only while the clock runs; a part keeps its own. */
export class Talk {
  readonly minutes: readonly number[];
  readonly #passed: number[];
  #at = 0;
  #since: number | null = null;

  constructor(minutes: readonly number[]) {
    this.minutes = minutes;
    this.#passed = minutes.map(() => 0);
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
  const talk = new Talk(parts.map((part) => Number(part.dataset['minutes'])));
  const told = new Set<number>();
  let awake: WakeLockSentinel | null = null;

  const paint = (): void => {
    const left = talk.left(performance.now());
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
  const go = (to: number): void => {
    talk.go(to, performance.now());
    said.textContent = '';
    paint();
    parts[talk.at]?.focus();
  };
  run.addEventListener('click', () => {
    talk.toggle(performance.now());
    // A projector that goes dark while somebody speaks helps nobody. Not every browser can, and none must.
    if (talk.running) void navigator.wakeLock?.request('screen').then((lock) => (awake = lock), () => undefined);
    else void awake?.release().then(() => (awake = null));
    paint();
  });
  back.addEventListener('click', () => go(talk.at - 1));
  on.addEventListener('click', () => go(talk.at + 1));
  bar.hidden = false;
  place.classList.add('one-at-a-time');
  setInterval(paint, 250);
  paint();
}

if (typeof document !== 'undefined') for (const place of document.querySelectorAll<HTMLElement>('[data-talk]')) start(place);
