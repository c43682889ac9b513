/** Shows how far long work is, and loads the page anew when it is over. Without this the page loads itself again and again. */

const EVERY_MS = 1000;
// Read aloud less often than shown: a voice that counts is no help.
const SAID_EVERY_MS = 10_000;

interface Progress {
  step: string;
  done: number;
  total: number;
  number: string;
  words: string;
}

function watch(place: HTMLElement): void {
  const url = place.dataset['progressUrl'] ?? '';
  const bar = place.querySelector('progress');
  const words = place.querySelector<HTMLElement>('[data-progress-words]');
  const number = place.querySelector<HTMLElement>('[data-progress-number]');
  let saidAt = 0;

  async function look(): Promise<void> {
    const answer = await fetch(url, { headers: { accept: 'application/json' }, credentials: 'same-origin' });
    if (answer.redirected || !answer.ok) {
      // Signed out, or the file is gone: the page says which.
      location.reload();
      return;
    }
    const progress = (await answer.json()) as Progress;
    if (progress.step !== place.dataset['step']) {
      location.reload();
      return;
    }
    if (bar && progress.total > 0) {
      bar.max = progress.total;
      bar.value = progress.done;
    }
    if (number) number.textContent = progress.number;
    if (words && Date.now() - saidAt >= SAID_EVERY_MS) {
      saidAt = Date.now();
      words.textContent = progress.words;
    }
  }

  // A look that failed on the way says nothing about the work; the next one may arrive.
  const again = (): void => void setTimeout(() => void look().catch(() => undefined).then(again), EVERY_MS);
  again();
}

for (const place of document.querySelectorAll<HTMLElement>('[data-progress-url]')) watch(place);

export {};
