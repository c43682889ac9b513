/** The moderator's screen: made for a wall that everybody sees. */

import { faceDown, faceUp, haveChosen, onTheTable, phonesHere, prompts, said } from './cards.ts';
import { button, details, h, heading } from './element.ts';
import { gettext, language, loadCatalogue } from './i18n.ts';
import { forget, keep, kept } from './kept.ts';
import { Looking } from './looking.ts';
import { qrCode } from './qr.ts';
import { Declined, RoomDoor, type Seen, spelled, type Statement } from './room-door.ts';
import { appOrigin, backToApp, connection, connectionWords, declinedWords, notReachedWords, Screen } from './room-page.ts';
import { type Core, coreStatements } from './statements.ts';

const LEAST = 3;
const OWN_WORDS = 'own';
const MOST_CHARACTERS = 200;
const ROOM = new URL('/room/', location.href);

class Moderator {
  private readonly screen = new Screen();
  private readonly core: Core;
  private looking: Looking | null = null;
  private shown = '';
  private drawn = '';
  private seen: Seen | null = null;
  private code = '';
  private key = '';
  private busy = false;
  /** A screen over that of the room, which goes on below it. */
  private over: 'choosing' | 'ending' | null = null;

  constructor(
    private readonly door: RoomDoor,
    private readonly app: string | null,
  ) {
    this.core = coreStatements([language()]);
  }

  start(): void {
    const before = kept('moderated');
    if (typeof before?.['code'] === 'string' && typeof before['key'] === 'string') this.enter(before['code'], before['key']);
    else this.showBegin();
  }

  // --- Opening and ending ---------------------------------------------------------------------------------------------

  private showBegin(problem = ''): void {
    this.screen.show('begin', [
      heading(gettext('Open a conversation room')),
      h('p', { class: 'lead' }, gettext('For 3 to 30 people in one room or one call. You put a statement on the table, everybody chooses a card on their phone, and all cards turn over at once. Then you talk.')),
      h(
        'ul',
        {},
        h('li', {}, gettext('Nobody needs an account, and nothing is stored: a room lives in the memory of the server until you end it.')),
        h('li', {}, gettext('Until the cards turn you see how many have chosen, and nothing else. Join with your own phone if you want to choose, too.')),
        h('li', {}, gettext('With three or four people others may guess whose card it is. Say so before you begin; passing is always fine.')),
      ),
      h('p', { class: 'problem', role: 'alert' }, problem),
      h('div', { class: 'actions' }, button(gettext('Open a room'), 'main', () => void this.create())),
      h('p', { class: 'links' }, h('a', { href: '/room/' }, gettext('Join a room instead')), h('a', { href: '/self-check/' }, gettext('Only for yourself: the private self-check')), backToApp(this.app)),
    ]);
  }

  private async create(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const { code, key } = await this.door.create();
      keep('moderated', { code, key });
      this.enter(code, key);
    } catch (fault) {
      this.showBegin(words(fault));
    } finally {
      this.busy = false;
    }
  }

  private enter(code: string, key: string): void {
    [this.code, this.key, this.shown, this.over] = [code, key, '', null];
    this.looking = new Looking(() => this.door.watch(code, key), {
      onSeen: (seen) => this.onSeen(seen),
      onGone: () => this.showGone(),
      onReached: (reached) => this.screen.say('connection', connectionWords(reached)),
    });
    this.screen.show('wait', [heading(gettext('Conversation room')), connection()]);
    void this.looking.now();
  }

  private showGone(): void {
    forget('moderated');
    this.screen.show('gone', [
      heading(gettext('This room is gone')),
      h('p', { class: 'lead' }, gettext('You ended it, or nothing happened in it for two hours, or the server was started anew. Nothing of it was kept.')),
      h('div', { class: 'actions' }, button(gettext('Open a new room'), 'main', () => void this.create()), backToApp(this.app)),
    ]);
  }

  private showEnding(): void {
    this.over = 'ending';
    this.screen.show('ending', [
      heading(gettext('End the room')),
      h('p', { class: 'lead' }, gettext('All phones are told, and the code no longer works. Nothing of the room is kept, so write down now what you agreed.')),
      h(
        'div',
        { class: 'actions' },
        button(gettext('End the room'), 'main', () => void this.end()),
        button(gettext('Back to the room'), 'second', () => this.back()),
      ),
    ]);
  }

  private async end(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await this.door.end(this.code, this.key);
    } catch (fault) {
      if (!(fault instanceof Declined)) {
        this.screen.announce(words(fault));
        return;
      }
    } finally {
      this.busy = false;
    }
    this.looking?.stop();
    this.showGone();
  }

  private back(): void {
    this.over = null;
    this.shown = '';
    if (this.seen) this.onSeen(this.seen);
  }

  // --- The room -------------------------------------------------------------------------------------------------------

  private onSeen(seen: Seen): void {
    const before = this.seen;
    this.seen = seen;
    // Cards that turn come before what somebody is doing meanwhile; nothing of it is lost but the choice of a statement.
    if (this.over === 'choosing' && seen.phase === 'turned' && before?.phase === 'open') this.over = null;
    if (this.over !== null) return;
    const showing = `${seen.phase} ${seen.turn}`;
    if (showing !== this.shown) {
      this.shown = showing;
      this.drawn = '';
      if (seen.phase === 'waiting') this.showWaiting();
      else if (seen.phase === 'open') this.showOpen(seen);
      else this.showTurned(seen);
    }
    this.screen.say('phones', phonesHere(seen.phones));
    if (seen.phase === 'open') this.draw(seen);
  }

  private showWaiting(): void {
    this.screen.show('waiting', [
      heading(gettext('Join with your phone')),
      h(
        'div',
        { class: 'invitation' },
        qrCode(`${ROOM.href}#${this.code}`, gettext('The way into this room, for the camera of a phone')),
        h(
          'div',
          {},
          h('p', {}, gettext('Point the camera here, or open')),
          h('p', { class: 'address', dir: 'ltr' }, ROOM.host + ROOM.pathname),
          h('p', {}, gettext('and type the code')),
          h('p', { class: 'code', dir: 'ltr' }, spelled(this.code)),
          h('p', { id: 'phones', class: 'count', role: 'status' }),
        ),
      ),
      connection(),
      details(
        gettext('Say this before you begin'),
        h(
          'ul',
          {},
          h('li', {}, gettext('We look at how it is here, and not for who said what. Nobody asks whose card it is, today or later.')),
          h('li', {}, gettext('Count the phones on this screen: as many as people? Then nobody has two.')),
          h('li', {}, gettext('Passing is always fine, without a reason.')),
          h('li', {}, gettext('Whoever leads us speaks last.')),
        ),
      ),
      ...this.choosing(gettext('Choose the first statement')),
      this.ending(),
    ]);
  }

  private showOpen(seen: Seen): void {
    const { wording, attributes, facet } = onTheTable(seen.statement, this.core);
    this.screen.show('open', [
      this.corner(),
      facet ? h('p', { class: 'facet', lang: this.core.lang }, facet) : null,
      heading('', h('span', attributes, wording)),
      h('div', { id: 'table' }),
      h('p', { id: 'how-far', class: 'count' }),
      h('p', { id: 'turning', class: 'turning', role: 'status' }),
      h(
        'div',
        { class: 'actions' },
        button(gettext('Turn the cards over'), 'main', () => void this.turn()),
        button(gettext('Another statement'), 'second', () => this.showChoosing()),
      ),
      h('p', { id: 'said', class: 'problem', role: 'alert' }),
      connection(),
      this.ending(),
    ]);
  }

  /** The cards that lie there, drawn again when one comes. */
  private draw(seen: Seen): void {
    const drawing = `${seen.chosen} ${seen.phones}`;
    if (drawing !== this.drawn) {
      this.drawn = drawing;
      document.getElementById('table')?.replaceChildren(faceDown(seen.chosen, seen.phones));
    }
    this.screen.say('how-far', haveChosen(seen.chosen, seen.phones));
    const everybody = seen.chosen >= LEAST && seen.chosen === seen.phones;
    this.screen.say(
      'turning',
      seen.turnsIn === null ? '' : everybody ? gettext('All have chosen. The cards turn in a moment.') : gettext('All cards turn in a moment.'),
    );
  }

  private async turn(): Promise<void> {
    if (this.busy || !this.seen) return;
    this.busy = true;
    this.screen.say('said', '');
    try {
      this.looking?.take(await this.door.turn(this.code, this.key, this.seen.turn));
    } catch (fault) {
      // They may have turned by themselves in the meantime.
      if (!(fault instanceof Declined && fault.code === 'another_statement')) this.screen.say('said', words(fault));
    } finally {
      this.busy = false;
    }
  }

  private showTurned(seen: Seen): void {
    const { wording, attributes, towards, facet } = onTheTable(seen.statement, this.core);
    this.screen.show('turned', [
      this.corner(),
      facet ? h('p', { class: 'facet', lang: this.core.lang }, facet) : null,
      heading('', h('span', attributes, wording)),
      seen.cards === null ? null : faceUp(seen.cards, this.core),
      prompts(seen.cards, towards),
      h('div', { class: 'actions' }, button(gettext('Next statement'), 'main', () => this.showChoosing())),
      connection(),
      this.ending(),
    ]);
    this.screen.announce(said(seen.cards));
  }

  private showChoosing(): void {
    this.over = 'choosing';
    this.screen.show('choosing', [
      this.corner(),
      heading(gettext('Next statement')),
      ...this.choosing(),
      h('div', { class: 'actions' }, button(gettext('Back to the room'), 'plain', () => this.back())),
    ]);
  }

  /** A statement of the instrument, or words of one's own. */
  private choosing(title = ''): (HTMLElement | null)[] {
    const { statements, facets, lang } = this.core;
    const { statement } = this.seen ?? {};
    const at = statement && 'code' in statement ? statements.findIndex(({ code }) => code === statement.code) : -1;
    const next = statements[(at + 1) % statements.length]?.code;
    const select = h(
      'select',
      { id: 'statement-code', change: () => own.toggleAttribute('hidden', select.value !== OWN_WORDS) },
      ...facets.map(({ id, name }) =>
        h(
          'optgroup',
          { label: name, lang },
          ...statements.filter(({ facet }) => facet === id).map(({ code, wording }) => h('option', { value: code, selected: code === next }, wording)),
        ),
      ),
      h('option', { value: OWN_WORDS }, gettext('Words of our own')),
    );
    const area = h('textarea', { id: 'own-words', rows: '3', maxlength: String(MOST_CHARACTERS), dir: 'auto' });
    const own = h('div', { class: 'own-words', hidden: true }, h('label', { for: 'own-words' }, gettext('A sentence that one can agree with, up to 200 characters. No names.')), area);
    const problem = h('p', { class: 'problem', role: 'alert' });
    const put = async (): Promise<void> => {
      const text = area.value.replace(/\s+/g, ' ').trim();
      if (select.value === OWN_WORDS && text === '') {
        problem.textContent = gettext('Write a sentence first.');
        area.focus();
        return;
      }
      problem.textContent = '';
      await this.put(select.value === OWN_WORDS ? { text } : { code: select.value }, problem);
    };
    return [
      title ? h('h2', {}, title) : null,
      h(
        'div',
        { class: 'choosing' },
        h('label', { for: 'statement-code' }, gettext('Statement')),
        select,
        own,
        problem,
        h('div', { class: 'actions' }, button(gettext('Put it on the table'), 'main', () => void put())),
      ),
    ];
  }

  private async put(statement: Statement, problem: HTMLElement): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const seen = await this.door.show(this.code, this.key, statement);
      this.over = null;
      this.looking?.take(seen);
    } catch (fault) {
      problem.textContent = fault instanceof Declined && fault.code === 'malformed' ? gettext('This sentence holds signs that cannot be shown everywhere. Write it without them.') : words(fault);
    } finally {
      this.busy = false;
    }
  }

  /** For whoever comes late. */
  private corner(): HTMLElement {
    return h(
      'p',
      { class: 'corner' },
      h('span', { dir: 'ltr' }, ROOM.host + ROOM.pathname),
      h('strong', { dir: 'ltr' }, spelled(this.code)),
      h('span', { id: 'phones' }),
    );
  }

  private ending(): HTMLElement {
    return h('div', { class: 'actions' }, button(gettext('End the room'), 'plain', () => this.showEnding()));
  }
}

function words(fault: unknown): string {
  return fault instanceof Declined ? declinedWords(fault.code) : notReachedWords();
}

async function start(): Promise<void> {
  await loadCatalogue();
  new Moderator(new RoomDoor(), await appOrigin()).start();
}

start().catch(() => new Screen().couldNotStart());
