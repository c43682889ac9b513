/**
 * The tree of teams: a team that is dragged onto another leads to the page that says what the move changes.
 *
 * An extra for whoever has a mouse; everything works without it, and nothing is changed by dropping.
 */

const OWN_PATH = /^\/people\/teams\/[0-9a-f]{32}\/move\/$/;

/** Where dropping leads; null where the team cannot stand there: on itself or on something below it. */
export function destination(dragged: HTMLElement, onto: HTMLElement): string | null {
  const path = dragged.dataset['move'] ?? '';
  const target = onto.dataset['team'] ?? '';
  if (!OWN_PATH.test(path) || !/^[0-9a-f]{32}$/.test(target)) return null;
  if (dragged.closest('li')?.contains(onto)) return null;
  return `${path}?to=${target}`;
}

function start(): void {
  let dragged: HTMLElement | null = null;
  const lines = document.querySelectorAll<HTMLElement>('.team-line[data-team]');
  for (const line of lines) {
    // The top is where it is.
    line.draggable = line.parentElement?.parentElement?.classList.contains('team-tree') !== true;
    for (const link of line.querySelectorAll('a')) link.draggable = false;
    line.addEventListener('dragstart', (event) => {
      dragged = line;
      event.dataTransfer?.setData('text/plain', line.dataset['team'] ?? '');
    });
    line.addEventListener('dragend', () => {
      dragged = null;
      for (const other of lines) other.classList.remove('over');
    });
    line.addEventListener('dragover', (event) => {
      if (!dragged || destination(dragged, line) === null) return;
      event.preventDefault();
      line.classList.add('over');
    });
    line.addEventListener('dragleave', () => line.classList.remove('over'));
    line.addEventListener('drop', (event) => {
      const address = dragged && destination(dragged, line);
      if (!address) return;
      event.preventDefault();
      location.assign(address);
    });
  }
  for (const words of document.querySelectorAll<HTMLElement>('.drag-words')) words.hidden = lines.length < 3;
}

if (typeof document !== 'undefined') {
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
}
