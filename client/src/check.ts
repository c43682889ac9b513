/** The private self-check: statements answered for oneself, put together here, and sent nowhere. */

import { button, details, h, heading, note } from './element.ts';
import { date, gettext, language, loadCatalogue } from './i18n.ts';
import { forget, keep, kept } from './kept.ts';
import { type Answers, bandWord, type FacetPicture, pictureOf, sentenceOf, stepOf } from './picture.ts';
import { appOrigin, backToApp, Screen } from './room-page.ts';
import { type Core, coreStatements, type CoreStatement } from './statements.ts';
import { isObject } from './wire.ts';

class SelfCheck {
  private readonly screen = new Screen();
  private readonly core: Core;
  private answers: Answers = {};

  constructor(private readonly app: string | null) {
    this.core = coreStatements([language()]);
  }

  start(): void {
    const before = readKept(this.core);
    this.screen.show('begin', [
      heading(gettext('How safe is it for me here? A private self-check')),
      h('p', { class: 'lead' }, gettext('The statements of a full round, for you alone. It takes about four minutes, and at the end you see your own picture in words.')),
      note(
        'note',
        h('p', {}, gettext('Nothing you answer leaves this browser. Nobody else ever sees it, and it is gone when you close the page, unless you keep it on this device.')),
        h('p', {}, gettext('Whoever manages this device may see what you tap. If that is your employer, use your own phone.')),
      ),
      h('div', { class: 'actions' }, button(gettext('Begin'), 'main', () => this.showFacet(0))),
      before
        ? h(
            'section',
            { class: 'before' },
            h('h2', {}, gettext('Kept on this device')),
            h('p', {}, gettext('Your answers of %(date)s.', { date: date(before.at) })),
            h(
              'div',
              { class: 'actions' },
              button(gettext('Show them'), 'second', () => {
                this.answers = before.answers;
                this.showPicture(true);
              }),
              button(gettext('Delete them'), 'second', () => {
                forget('self-check');
                this.start();
                this.screen.announce(gettext('Deleted from this device.'));
              }),
            ),
          )
        : null,
      h('p', { class: 'links' }, h('a', { href: '/room/moderate/' }, gettext('With others: open a conversation room')), backToApp(this.app)),
    ]);
  }

  private showFacet(at: number): void {
    const facet = this.core.facets[at];
    if (!facet) return this.showPicture(false);
    const count = this.core.facets.length;
    const progress = gettext('%(number)s of %(count)s', { number: at + 1, count });
    const statements = this.core.statements.filter((statement) => statement.facet === facet.id);
    this.screen.show('facet', [
      h('div', { class: 'progress' }, h('progress', { max: String(count), value: String(at + 1), 'aria-label': progress }), h('span', { 'aria-hidden': 'true' }, progress)),
      heading('', h('span', { class: 'unseen' }, gettext('Part %(progress)s. ', { progress })), h('span', { lang: this.core.lang }, facet.name)),
      h('p', {}, gettext('Say from 1 to 5 how far you agree. Leave out what you like.')),
      h('p', { class: 'quiet small', lang: this.core.lang }, `1 ${this.core.labels[0] ?? ''} · 5 ${this.core.labels[4] ?? ''}`),
      ...statements.map((statement) => this.asked(statement)),
      h(
        'div',
        { class: 'turns' },
        button(gettext('Back'), 'second', () => (at === 0 ? this.start() : this.showFacet(at - 1))),
        button(at + 1 === count ? gettext('Show my picture') : gettext('Next'), 'main', () => this.showFacet(at + 1)),
      ),
    ]);
  }

  private asked(statement: CoreStatement): HTMLElement {
    return h(
      'fieldset',
      { class: 'asked' },
      h('legend', { lang: this.core.lang, dir: 'auto' }, statement.wording),
      h(
        'div',
        { class: 'choices' },
        ...[1, 2, 3, 4, 5].map((value, i) => {
          const radio = h('input', {
            type: 'radio',
            name: statement.code,
            value: String(value),
            change: () => {
              this.answers[statement.code] = value;
            },
          });
          radio.checked = this.answers[statement.code] === value;
          return h(
            'label',
            { class: 'choice' },
            radio,
            h('span', { class: 'number', 'aria-hidden': 'true' }, String(value)),
            h('span', { class: 'unseen' }, `${value}, `, h('span', { lang: this.core.lang }, this.core.labels[i] ?? '')),
          );
        }),
      ),
    );
  }

  private showPicture(wasKept: boolean): void {
    const picture = pictureOf(this.core, this.answers);
    const said = h('p', { role: 'status' });
    // Later stages stand on earlier ones, so the first that does not lean towards safe is where a step helps most.
    const first = picture.find(({ band }) => band === 'low' || band === 'mixed_low' || band === 'middle');
    this.screen.show('picture', [
      heading(gettext('Your picture')),
      h('p', { class: 'lead' }, gettext('This is how you see your team today. It is one person’s picture on one day: it says nothing about what others see.')),
      ...picture.map((part) => this.part(part)),
      first
        ? h('section', {}, h('h2', {}, gettext('One thing to try')), h('p', {}, stepOf(first.facet)), h('p', { class: 'quiet' }, gettext('A small one, without anybody’s leave. If it does not feel safe, leave it, and talk to somebody you trust first.')))
        : null,
      h('h2', {}, gettext('These answers')),
      said,
      h(
        'div',
        { class: 'actions' },
        wasKept
          ? null
          : button(gettext('Keep on this device'), 'second', () => {
              said.textContent = keep('self-check', { answers: this.answers, at: Date.now(), instrument: this.core.instrument })
                ? gettext('Kept in this browser. Whoever uses it can open them here.')
                : gettext('This browser keeps nothing for pages. Nothing was kept.');
            }),
        button(gettext('Delete everything here'), 'second', () => {
          forget('self-check');
          this.answers = {};
          this.start();
          this.screen.announce(gettext('Deleted from this device.'));
        }),
        button(gettext('Change my answers'), 'plain', () => this.showFacet(0)),
      ),
      h('p', { class: 'links' }, h('a', { href: '/room/moderate/' }, gettext('With others: open a conversation room')), backToApp(this.app)),
    ]);
  }

  private part({ facet, band, carries, costs }: FacetPicture): HTMLElement {
    const name = this.core.facets.find(({ id }) => id === facet)?.name ?? '';
    const lines = (title: string, statements: CoreStatement[]): HTMLElement | null =>
      statements.length === 0
        ? null
        : h(
            'div',
            {},
            h('p', { class: 'small quiet' }, title),
            h('ul', { lang: this.core.lang }, ...statements.map(({ code, wording }) => h('li', {}, h('span', { dir: 'auto' }, `${wording} – ${this.answers[code] ?? ''}`)))),
          );
    const found = [lines(gettext('What carries you here'), carries), lines(gettext('What costs you something'), costs)];
    return h(
      'section',
      { class: 'facet-picture' },
      h('h2', {}, h('span', { lang: this.core.lang }, name), h('span', { class: `band ${band ?? 'none'}` }, bandWord(facet, band))),
      h('p', {}, sentenceOf(facet, band)),
      found.some((part) => part !== null) ? details(gettext('What you answered'), ...found) : null,
    );
  }
}

/** Null where nothing was kept, or of other statements than these. */
function readKept(core: Core): { answers: Answers; at: number } | null {
  const before = kept('self-check');
  const answers = before?.['answers'];
  const at = before?.['at'];
  if (before?.['instrument'] !== core.instrument || !isObject(answers) || typeof at !== 'number') return null;
  const read: Answers = {};
  for (const { code } of core.statements) {
    const answer = answers[code];
    if (typeof answer === 'number' && Number.isInteger(answer) && answer >= 1 && answer <= 5) read[code] = answer;
  }
  return { answers: read, at };
}

async function start(): Promise<void> {
  await loadCatalogue();
  // Asked while the page loads, before there is any answer: afterwards this page asks for nothing.
  new SelfCheck(await appOrigin()).start();
}

start().catch(() => new Screen().couldNotStart());
