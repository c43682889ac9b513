/** Cards on the table: face down while people choose, and turned over by answer, in no order of phones. */

import { h } from './element.ts';
import { gettext, ngettext } from './i18n.ts';
import { patternOf, promptsFor, type Towards } from './prompts.ts';
import type { Statement } from './room-door.ts';
import type { Core } from './statements.ts';

/** How the wording of the table is read aloud, and which way it runs. */
export interface OnTheTable {
  wording: string;
  attributes: { lang?: string; dir: string };
  towards: Towards;
  facet: string;
}

export function onTheTable(statement: Statement | null, core: Core): OnTheTable {
  if (statement && 'text' in statement) return { wording: statement.text, attributes: { dir: 'auto' }, towards: 'unknown', facet: '' };
  const known = core.statements.find(({ code }) => code === statement?.code);
  return {
    // Another version of this page may know statements that this one does not.
    wording: known?.wording ?? gettext('This screen does not know the statement. Load the page again.'),
    attributes: { lang: core.lang, dir: 'auto' },
    towards: known ? (known.reverse ? 'unsafe' : 'safe') : 'unknown',
    facet: core.facets.find(({ id }) => id === known?.facet)?.name ?? '',
  };
}

/** One for each that lies there. Its words are said beside it, so it is hidden from screen readers. */
export function faceDown(count: number, phones: number): HTMLElement {
  const places = Math.max(count, phones);
  return h(
    'div',
    { class: 'face-down', 'aria-hidden': 'true' },
    ...Array.from({ length: places }, (_, i) => h('span', { class: i < count ? 'card back' : 'card place' })),
  );
}

export function faceUp(cards: readonly number[], core: Core): HTMLElement {
  return h(
    'ol',
    { class: 'face-up' },
    ...cards.map((count, i) =>
      h(
        'li',
        {},
        h('span', { class: 'pile', 'aria-hidden': 'true' }, ...Array.from({ length: count }, () => h('span', { class: 'card front' }, String(i + 1)))),
        h('span', { class: 'answer' }, h('span', { class: 'number' }, String(i + 1)), h('span', { class: 'label', lang: core.lang, dir: 'auto' }, core.labels[i] ?? '')),
        h('span', { class: 'count' }, count === 0 ? gettext('no card') : ngettext('%(n)s card', '%(n)s cards', count)),
      ),
    ),
  );
}

/** What to say aloud when the cards turn. */
export function said(cards: readonly number[] | null): string {
  if (cards === null) return gettext('The cards stay face down: fewer than three have a number.');
  const piles = cards.flatMap((count, i) =>
    count === 0 ? [] : [ngettext('%(n)s card with %(answer)s', '%(n)s cards with %(answer)s', count, { answer: i + 1 })],
  );
  return gettext('The cards have turned: %(cards)s.', { cards: piles.join(', ') });
}

export function prompts(cards: readonly number[] | null, towards: Towards): HTMLElement {
  const { title, asks } = promptsFor(patternOf(cards, towards));
  return h('section', { class: 'prompts' }, h('h2', {}, title), h('ul', {}, ...asks.map((ask) => h('li', {}, ask))));
}

export function phonesHere(count: number): string {
  return count === 0 ? gettext('No phone is here yet') : ngettext('%(n)s phone is here', '%(n)s phones are here', count);
}

export function haveChosen(chosen: number, phones: number): string {
  return gettext('%(chosen)s of %(phones)s have chosen', { chosen, phones });
}
