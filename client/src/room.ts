/** A phone in a conversation room: choose a card, see all of them turn, talk. */

import { faceUp, haveChosen, onTheTable, phonesHere, prompts, said } from './cards.ts';
import { button, details, h, heading } from './element.ts';
import { gettext, language, loadCatalogue } from './i18n.ts';
import { forget, keep, kept } from './kept.ts';
import { Looking } from './looking.ts';
import { Declined, readCode, RoomDoor, type Seen, spelled } from './room-door.ts';
import { appOrigin, backToApp, connection, connectionWords, declinedWords, notReachedWords, Screen } from './room-page.ts';
import { type Core, coreStatements } from './statements.ts';

const SMALL = 4;

class Phone {
  private readonly screen = new Screen();
  private readonly core: Core;
  private looking: Looking | null = null;
  private shown = '';
  private seen: Seen | null = null;
  private code = '';
  private seat = '';
  /** What this phone chose, and for which statement. Only this tab knows. */
  private choice: { turn: number; value: number } | null = null;
  private sending = false;

  constructor(
    private readonly door: RoomDoor,
    private readonly app: string | null,
  ) {
    this.core = coreStatements([language()]);
  }

  start(): void {
    const wanted = readCode(decodeURIComponent(location.hash.slice(1)));
    // Not left in the address: it would stand in the browser's history.
    if (location.hash) history.replaceState(null, '', location.pathname);
    const before = kept('seat');
    const code = typeof before?.['code'] === 'string' ? before['code'] : '';
    const seat = typeof before?.['seat'] === 'string' ? before['seat'] : '';
    if (code && seat && (wanted === null || wanted === code)) {
      const { turn, value } = before ?? {};
      this.choice = typeof turn === 'number' && typeof value === 'number' ? { turn, value } : null;
      this.enter(code, seat);
    } else {
      this.showJoin(wanted ?? '');
    }
  }

  // --- Coming and going -----------------------------------------------------------------------------------------------

  private showJoin(code: string, problem = ''): void {
    const typed = h('input', {
      id: 'code',
      name: 'code',
      value: code && spelled(code),
      autocomplete: 'off',
      autocapitalize: 'characters',
      spellcheck: 'false',
      maxlength: '12',
      'aria-describedby': 'code-problem',
    });
    const form = h(
      'form',
      {
        class: 'join',
        submit: (event) => {
          event.preventDefault();
          void this.join(typed.value);
        },
      },
      h('label', { for: 'code' }, gettext('Code of the room')),
      typed,
      h('p', { id: 'code-problem', class: 'problem', role: 'alert' }, problem),
      h('button', { type: 'submit', class: 'main' }, gettext('Join the room')),
    );
    this.screen.show('join', [
      heading(gettext('Join the conversation')),
      h('p', { class: 'lead' }, gettext('You choose a card on your phone. All cards turn over at the same moment, and nobody sees whose is whose. No account is needed.')),
      form,
      whoSees(),
      h('p', { class: 'links' }, h('a', { href: '/room/moderate/' }, gettext('Open a room yourself')), backToApp(this.app)),
    ]);
    if (problem) typed.focus();
  }

  private async join(typed: string): Promise<void> {
    if (this.sending) return;
    const code = readCode(typed);
    if (code === null) {
      this.screen.say('code-problem', gettext('A code has eight letters and digits, such as K7QM-2P4X.'));
      document.getElementById('code')?.focus();
      return;
    }
    this.sending = true;
    try {
      this.enter(code, await this.door.join(code));
    } catch (fault) {
      this.showJoin(code, fault instanceof Declined ? declinedWords(fault.code) : notReachedWords());
    } finally {
      this.sending = false;
    }
  }

  private enter(code: string, seat: string): void {
    [this.code, this.seat, this.shown] = [code, seat, ''];
    this.remember();
    this.looking = new Looking(() => this.door.look(code, seat), {
      onSeen: (seen) => this.onSeen(seen),
      onGone: () => this.showGone(),
      onReached: (reached) => this.screen.say('connection', connectionWords(reached)),
    });
    this.screen.show('wait', [heading(gettext('You are in the room')), connection()]);
    void this.looking.now();
  }

  private remember(): void {
    keep('seat', { code: this.code, seat: this.seat, turn: this.choice?.turn ?? null, value: this.choice?.value ?? null });
  }

  private async leave(): Promise<void> {
    this.looking?.stop();
    forget('seat');
    this.choice = null;
    await this.door.leave(this.code, this.seat).catch(() => undefined);
    this.showJoin('');
  }

  private showGone(): void {
    forget('seat');
    this.choice = null;
    this.screen.show('gone', [
      heading(gettext('This room is gone')),
      h('p', { class: 'lead' }, gettext('The moderator ended it, or nothing happened in it for two hours, or the server was started anew. Nothing of it was kept.')),
      h('div', { class: 'actions' }, button(gettext('Join a room'), 'main', () => this.showJoin('')), backToApp(this.app)),
    ]);
  }

  // --- In the room ----------------------------------------------------------------------------------------------------

  private onSeen(seen: Seen): void {
    this.seen = seen;
    const showing = `${seen.phase} ${seen.turn}`;
    if (showing !== this.shown) {
      this.shown = showing;
      if (seen.phase === 'waiting') this.showWaiting();
      else if (seen.phase === 'open') this.showOpen(seen);
      else this.showTurned(seen);
    }
    this.screen.say('phones', phonesHere(seen.phones));
    if (seen.phase === 'open') this.sayHowFar(seen);
  }

  private sayHowFar(seen: Seen): void {
    this.screen.say('how-far', haveChosen(seen.chosen, seen.phones));
    this.screen.say('small', seen.phones <= SMALL ? gettext('You are few: others may guess which card is yours. Passing is always fine.') : '');
    this.screen.say('turning', seen.turnsIn === null ? '' : gettext('All cards turn in a moment.'));
    this.screen.say('mine', this.cardWords(seen));
  }

  private cardWords(seen: Seen): string {
    const mine = this.choice?.turn === seen.turn ? this.choice.value : null;
    if (!seen.mine) return gettext('You have not chosen yet.');
    if (mine === 0) return gettext('You pass. You can still choose a card until all turn.');
    return gettext('Your card lies face down. You can change it until all turn.');
  }

  private showWaiting(): void {
    this.screen.show('waiting', [
      heading(gettext('You are in the room')),
      h('p', { class: 'lead' }, gettext('The first statement is about to come. This page shows it by itself.')),
      h('p', { id: 'phones', class: 'count' }),
      h('p', {}, gettext('Count: more phones than people in the room? Then somebody has two, or is not here. Say so, or pass.')),
      connection(),
      whoSees(),
      this.leaving(),
    ]);
  }

  private showOpen(seen: Seen): void {
    const { wording, attributes } = onTheTable(seen.statement, this.core);
    const given = this.choice?.turn === seen.turn && seen.mine ? this.choice.value : null;
    const radios = [1, 2, 3, 4, 5].map((value) => {
      const radio = h('input', { type: 'radio', name: 'card', value: String(value), change: () => void this.choose(value) });
      radio.checked = given === value;
      return radio;
    });
    const title = heading('', h('span', attributes, wording));
    title.id = 'statement';
    this.screen.show('open', [
      title,
      h(
        'div',
        { role: 'radiogroup', 'aria-labelledby': 'statement', 'aria-describedby': 'mine', class: 'scale' },
        h(
          'div',
          { class: 'choices' },
          ...radios.map((radio, i) =>
            h(
              'label',
              { class: 'choice' },
              radio,
              h('span', { class: 'number', 'aria-hidden': 'true' }, String(i + 1)),
              h('span', { class: 'unseen' }, `${i + 1}, `, h('span', { lang: this.core.lang }, this.core.labels[i] ?? '')),
            ),
          ),
        ),
        h(
          'div',
          { class: 'ends', 'aria-hidden': 'true' },
          h('span', { lang: this.core.lang }, this.core.labels[0] ?? ''),
          h('span', { lang: this.core.lang }, this.core.labels[4] ?? ''),
        ),
      ),
      h(
        'div',
        { class: 'actions' },
        button(gettext('Pass'), 'second', () => {
          for (const radio of radios) radio.checked = false;
          void this.choose(0);
        }),
      ),
      h('p', { id: 'mine', class: 'mine', role: 'status' }),
      h('p', { id: 'how-far', class: 'count' }),
      h('p', { id: 'turning', class: 'turning', role: 'status' }),
      h('p', { id: 'small', class: 'quiet' }),
      connection(),
      whoSees(),
      this.leaving(),
    ]);
  }

  private async choose(value: number): Promise<void> {
    const turn = this.seen?.turn ?? 0;
    const before = this.choice;
    this.choice = { turn, value };
    this.remember();
    try {
      this.looking?.take(await this.door.choose(this.code, this.seat, turn, value));
    } catch (fault) {
      this.choice = before;
      this.remember();
      // Drawn again from what the room has, so that no button says what did not arrive.
      this.shown = '';
      await this.looking?.now();
      this.screen.announce(fault instanceof Declined ? declinedWords(fault.code) : notReachedWords());
    }
  }

  private showTurned(seen: Seen): void {
    const { wording, attributes, towards } = onTheTable(seen.statement, this.core);
    this.choice = null;
    this.remember();
    this.screen.show('turned', [
      heading('', h('span', attributes, wording)),
      seen.cards === null ? null : faceUp(seen.cards, this.core),
      prompts(seen.cards, towards),
      h('p', { class: 'quiet' }, gettext('The next statement appears here by itself.')),
      h('p', { id: 'phones', class: 'count' }),
      connection(),
      this.leaving(),
    ]);
    this.screen.announce(said(seen.cards));
  }

  private leaving(): HTMLElement {
    return h('div', { class: 'actions' }, button(gettext('Leave the room'), 'plain', () => void this.leave()));
  }
}

function whoSees(): HTMLElement {
  return details(
    gettext('Who can know what'),
    h(
      'dl',
      { class: 'who' },
      h('dt', {}, gettext('Everybody in the room')),
      h('dd', {}, gettext('How many phones there are, how many have chosen, and, once they turn, how many cards have which answer. Nothing before that, the moderator included. In a small round others may guess which card is yours.')),
      h('dt', {}, gettext('Whoever runs the server')),
      h('dd', {}, gettext('Nothing is stored. Until they turn, the cards are in the memory of the server: whoever looks into it at that moment can read them, with the address that they came from.')),
      h('dt', {}, gettext('Whoever manages this device or its network')),
      h('dd', {}, gettext('Perhaps what you tap. Use a phone of your own.')),
    ),
  );
}

async function start(): Promise<void> {
  await loadCatalogue();
  // Another code was scanned while this page was open.
  addEventListener('hashchange', () => location.reload());
  new Phone(new RoomDoor(), await appOrigin()).start();
}

start().catch(() => new Screen().couldNotStart());
