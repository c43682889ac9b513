/** The answering page: one statement at a time, sealed here, sent to a door that knows nobody. */

import wordText from '../../src/andon/kernel/manifest/words.txt';
import { Door, type Doors, Unreachable } from './door.ts';
import { button, details, h, heading, note, saveFile } from './element.ts';
import { dateAndTime, gettext, language, loadCatalogue, ngettext } from './i18n.ts';
import type { Statement } from './instrument.ts';
import { fingerprint } from './manifest.ts';
import { outcomeOf } from './outcomes.ts';
import { Refusal } from './refusal.ts';
import { refusalText } from './refused.ts';
import { Sitting } from './sitting.ts';
import { type Kind, telltales } from './telltale.ts';
import { isFinal, type Member, type PlaceInRound, type SeenRound, Wallet } from './wallet.ts';
import { isId, parseJson } from './wire.ts';
import { groupWords, roster, twelveWords, whoCanKnowWhat, nameOf } from './who.ts';

const WORDS = wordText.trim().split('\n');
/** Long enough to see which answer was taken, short enough not to wait for it. */
const SEEN_MS = 160;
const RETRY_MS = 30_000;
const MINUTE_MS = 60_000;
/** A pause in writing after which what could tell who wrote is said. */
const TELLTALE_PAUSE_MS = 800;
/** So many missed questions are offered at a look; a long list would read like a debt. */
const OFFERED = 3;
/** Which file this is: the hash in our own address. */
const OWN_HASH = /\/bundle\/([0-9a-f]{64})\//.exec((document.currentScript as HTMLScriptElement | null)?.src ?? '')?.[1] ?? null;

type Content = (Node | null)[];

class AnsweringPage {
  private readonly page = document.getElementById('page') as HTMLElement;
  private readonly announcement = document.getElementById('announcement') as HTMLElement;
  private keys: ((event: KeyboardEvent) => void) | null = null;
  private sitting: Sitting | null = null;
  private changing = false;
  private doors: Doors | null = null;

  constructor(
    private readonly wallet: Wallet,
    private readonly door: Door,
  ) {
    this.page.addEventListener('keydown', (event) => {
      // Only while the focus is in the page, and never over the browser's own shortcuts.
      if (!event.ctrlKey && !event.metaKey && !event.altKey) this.keys?.(event);
    });
    addEventListener('online', () => void this.retry());
    addEventListener('hashchange', () => location.reload());
    setInterval(() => void this.retry(), RETRY_MS);
    setInterval(() => void this.sendDue(), MINUTE_MS);
  }

  async start(): Promise<void> {
    this.show('wait', [h('p', { class: 'quiet' }, gettext('Checking the round.'))], false);
    let offline = false;
    try {
      this.doors = await this.door.doors().catch(() => null);
      await this.door.follow(this.wallet);
    } catch (fault) {
      if (fault instanceof Refusal) return this.showRefused(fault, null);
      if (!(fault instanceof Unreachable)) throw fault;
      // What was verified before is still true; only what is new cannot be known.
      offline = true;
    }
    const members = await this.wallet.members();
    const wanted = new URLSearchParams(location.hash.slice(1)).get('w');
    const member = members.find(({ wallet }) => wallet === wanted) ?? (members.length === 1 ? members[0] : undefined);
    if (member) await this.openFor(member, offline);
    else if (members.length > 1) this.showMembers(members);
    else this.showNoSlip(null, offline);
  }

  private async openFor(member: Member, offline: boolean): Promise<void> {
    const round = roundOfPath() ?? (await this.onlyRound(member));
    if (round === null) return this.showRounds(member);
    if (round === '') return this.showNoSlip(null, offline);
    try {
      if (offline && !(await this.wallet.seenRound(round))) return this.showUnreachable();
      const sitting = await Sitting.open(this.wallet, this.door, member, round, navigator.languages);
      if (!sitting) return this.showNoSlip((await this.wallet.place(member.wallet, round)) ?? null, offline);
      this.sitting = sitting;
      await this.sendDue();
      this.firstScreen(sitting);
    } catch (fault) {
      if (fault instanceof Refusal) this.showRefused(fault, await this.wallet.seenRound(round));
      else if (fault instanceof Unreachable) this.showUnreachable();
      else throw fault;
    }
  }

  /** The one round this member could answer; null when there are several, empty when there is none. */
  private async onlyRound(member: Member): Promise<string | null> {
    const open = await this.openRounds(member);
    return open.length === 1 ? (open[0]?.round ?? '') : open.length === 0 ? '' : null;
  }

  private async openRounds(member: Member): Promise<SeenRound[]> {
    const places = new Set((await this.wallet.places(member.wallet)).filter(({ proof }) => proof).map(({ round }) => round));
    return (await this.wallet.seenRounds()).filter(
      ({ round, manifest, closed, void: ended }) => places.has(round) && manifest && !closed && ended === null,
    );
  }

  private firstScreen(sitting: Sitting): void {
    if (sitting.over) return this.showClosed(sitting);
    if (!sitting.seen.opened && Date.now() < sitting.opensAt) return this.showNotOpen(sitting);
    if (sitting.isWindow) return this.firstQuestion(sitting);
    if (!sitting.draft.begun && sitting.casts.length === 0) return this.showBegin(sitting, 0);
    if (sitting.casts.length > 0 && sitting.changes().size === 0) return this.showSent(sitting);
    if (sitting.draft.position < sitting.statements.length) return this.showStatement(sitting, sitting.draft.position);
    this.showReview(sitting);
  }

  private firstQuestion(sitting: Sitting): void {
    const { newest } = sitting;
    if (!newest) return this.showNotOpen(sitting);
    if (sitting.isAnswered(newest.code)) return this.showSent(sitting);
    this.showQuestion(sitting, newest);
  }

  // --- Screens ------------------------------------------------------------------------------------------------------

  private showBegin(sitting: Sitting, at: number): void {
    const count = sitting.statements.length;
    this.show('begin', [
      heading(ngettext('%(n)s statement about your team', '%(n)s statements about your team', count)),
      h(
        'p',
        { class: 'lead' },
        gettext('You say how far you agree, from 1 to 5. You can skip any of them, and change your answers until %(date)s.', {
          date: dateAndTime(sitting.closesAt),
        }),
      ),
      this.programNote(sitting),
      this.draftNote(sitting, () => this.showBegin(sitting, at)),
      note(
        'note',
        h('p', {}, gettext('Whoever manages this device or its network may see what you tap. If that is your employer, answer from your own phone.')),
        h('p', {}, gettext('Your slip is kept in this browser only. If its data is cleared before you answer, the slip is lost and cannot be given again.')),
      ),
      whoCanKnowWhat(),
      ...roster(sitting.unit, sitting.place.me),
      ...this.group(sitting),
      ...this.words(sitting.seen),
      h(
        'div',
        { class: 'actions' },
        button(gettext('Start'), 'main', () => {
          // Asked here because it may ask the member, and a tap is the moment for it.
          void navigator.storage?.persist?.();
          void sitting.keep({ begun: true, position: at }).then(() => this.showStatement(sitting, at), () => this.showNotKept());
        }),
      ),
    ]);
  }

  private showStatement(sitting: Sitting, at: number, fromReview = false): void {
    const statement = sitting.statements[at];
    if (!statement) return this.showReview(sitting);
    const count = sitting.statements.length;
    const given = sitting.draft.answers[statement.code];
    const progress = gettext('%(number)s of %(count)s', { number: at + 1, count });
    let leaving = false;
    let arrowing = false;
    const go = (to: number): void => {
      void sitting.keep({ position: to }).then(() => this.showStatement(sitting, to), () => this.showNotKept());
    };
    const onward = (): void => (fromReview ? this.showReview(sitting) : go(at + 1));
    const back = (): void => {
      if (fromReview) this.showReview(sitting);
      else if (at > 0) go(at - 1);
    };
    const take = async (answer: number, advance: boolean): Promise<void> => {
      if (leaving) return;
      leaving = advance;
      try {
        await sitting.answer(statement.code, answer);
      } catch {
        return this.showNotKept();
      }
      next.textContent = gettext('Next');
      if (!advance) return;
      if (answer > 0) await new Promise((resolve) => setTimeout(resolve, SEEN_MS));
      onward();
    };
    const asked = inWords(sitting);
    const radios = [1, 2, 3, 4, 5].map((value) => {
      const radio = h('input', {
        type: 'radio',
        name: 'answer',
        value: String(value),
        // The arrow keys of a radio group choose while they move; moving on then would run away from the member.
        change: () => void take(value, !arrowing),
      });
      radio.checked = given === value;
      return radio;
    });
    const choices = radios.map((radio, i) =>
      h(
        'label',
        { class: 'choice' },
        radio,
        h('span', { class: 'number', 'aria-hidden': 'true' }, String(i + 1)),
        h('span', { class: 'unseen', ...asked }, `${i + 1}, ${sitting.instrument.labels[i] ?? ''}`),
      ),
    );
    const choose = (value: number): void => {
      for (const [i, radio] of radios.entries()) radio.checked = i + 1 === value;
      void take(value, true);
    };
    const next: HTMLButtonElement = button(given === undefined || given === 0 ? gettext('Skip') : gettext('Next'), 'second', () => {
      if (sitting.draft.answers[statement.code]) onward();
      else void take(0, true);
    });
    const [backward, forward] = document.documentElement.dir === 'rtl' ? ['ArrowRight', 'ArrowLeft'] : ['ArrowLeft', 'ArrowRight'];
    const title = heading('', h('span', { class: 'unseen' }, gettext('Statement %(progress)s. ', { progress })), h('span', asked, statement.wording));
    title.id = 'statement';
    this.show(
      'statement',
      [
        h(
          'div',
          { class: 'progress' },
          h('progress', { max: String(count), value: String(at + 1), 'aria-label': progress }),
          h('span', { 'aria-hidden': 'true' }, progress),
        ),
        whoCanKnowWhat(),
        h(
          'section',
          { class: 'statement' },
          title,
          h(
            'div',
            { role: 'radiogroup', 'aria-labelledby': 'statement', 'aria-describedby': 'how', class: 'scale' },
            h('div', { class: 'choices' }, ...choices),
            h(
              'div',
              { class: 'ends', 'aria-hidden': 'true' },
              h('span', asked, sitting.instrument.labels[0] ?? ''),
              h('span', asked, sitting.instrument.labels[4] ?? ''),
            ),
          ),
        ),
        h(
          'div',
          { class: 'turns' },
          at > 0 || fromReview ? button(fromReview ? gettext('Back to your answers') : gettext('Back'), 'second', back) : null,
          fromReview && given !== undefined && given !== 0
            ? button(gettext('Take this answer out'), 'second', () => void take(0, true))
            : next,
        ),
        h(
          'p',
          { id: 'how', class: 'quiet small how' },
          gettext('Choosing an answer brings the next statement. '),
          h(
            'span',
            { class: 'keyboard' },
            backward === 'ArrowLeft'
              ? gettext('On a keyboard, 1 to 5 answer, S skips, the left arrow goes back.')
              : gettext('On a keyboard, 1 to 5 answer, S skips, the right arrow goes back.'),
          ),
        ),
      ],
      true,
      `${progress} · ${gettext('Your answers')}`,
    );
    this.keys = (event) => {
      const onRadio = event.target instanceof HTMLInputElement;
      arrowing = onRadio && event.key.startsWith('Arrow');
      if (/^[1-5]$/.test(event.key)) choose(Number(event.key));
      else if (event.key === '0' || event.key === 's' || event.key === 'S') void take(0, true);
      else if (event.key === 'Backspace' || (event.key === backward && !onRadio)) back();
      else if (event.key === forward && !onRadio && sitting.draft.answers[statement.code] !== undefined) onward();
      else if (event.key === 'Enter' && onRadio && sitting.draft.answers[statement.code]) onward();
      else return;
      event.preventDefault();
    };
    // Once the arrow key is up, a tap is a tap again.
    this.page.addEventListener('pointerdown', () => (arrowing = false), { once: true });
  }

  private showReview(sitting: Sitting): void {
    if (sitting.isWindow) return this.showThanks(sitting);
    const { draft } = sitting;
    const asked = inWords(sitting);
    const { statements } = sitting;
    const open = statements.filter(({ code }) => draft.answers[code] === undefined).length;
    const skipped = statements.filter(({ code }) => draft.answers[code] === 0).length;
    void sitting.keep({ position: sitting.statements.length });
    const rows = statements.map(({ code, wording }, at) => {
      const answer = draft.answers[code];
      const said =
        answer === undefined
          ? gettext('not answered')
          : answer === 0
            ? gettext('skipped')
            : `${answer} · ${sitting.instrument.labels[answer - 1] ?? ''}`;
      return h(
        'li',
        {},
        // The inner element turns with its language, the outer one stands where the page's lines begin.
        h('span', { class: 'wording' }, h('span', asked, wording)),
        h('span', { class: answer ? 'said' : 'said none' }, answer ? h('span', asked, said) : said),
        button(gettext('Change'), 'plain', () => this.showStatement(sitting, at, true), gettext('Change: %(statement)s', { statement: wording })),
      );
    });
    const send = button(gettext('Send my answers'), 'main', () => void this.send(sitting, send));
    const nothing = sitting.changes().size === 0;
    this.show('review', [
      heading(gettext('Your answers')),
      h('p', { class: 'lead' }, summary(statements.length, skipped, open)),
      skipped + open > 0 ? h('p', { class: 'quiet' }, gettext('What you skip counts as the middle, 3, in the colour of your group.')) : null,
      h('ol', { class: 'review' }, ...rows),
      this.commentBox(sitting),
      this.sendingTime(sitting),
      h('div', { class: 'actions' }, nothing && sitting.casts.length > 0 ? button(gettext('Nothing changed. Back'), 'second', () => this.showSent(sitting)) : send),
      h(
        'p',
        { class: 'quiet small' },
        gettext('They are sealed in this browser first. You can change them until %(date)s.', { date: dateAndTime(sitting.closesAt) }),
      ),
    ]);
  }

  private commentBox(sitting: Sitting): HTMLElement | null {
    if (!sitting.commentsAsked) return null;
    const tooLong = h('p', { class: 'small', role: 'alert' });
    const box = h('textarea', { id: 'comment', rows: '4', 'aria-describedby': 'comment-help' });
    box.value = sitting.draft.comment;
    const warnings = h('div', { class: 'telltales small', 'aria-live': 'polite' });
    let pause: ReturnType<typeof setTimeout> | undefined;
    const names = sitting.unit.members.map(nameOf);
    showTelltales(warnings, box.value, names);
    box.addEventListener('input', () => {
      const fits = Sitting.commentFits(box.value);
      tooLong.textContent = fits ? '' : gettext('This is longer than one sealed envelope holds. What goes over is not kept.');
      if (fits) void sitting.keep({ comment: box.value });
      // After a pause, so that nobody is interrupted while typing, and a screen reader is not at every key.
      clearTimeout(pause);
      pause = setTimeout(() => showTelltales(warnings, box.value, names), TELLTALE_PAUSE_MS);
    });
    return h(
      'div',
      { class: 'comment' },
      h('label', { for: 'comment' }, gettext('Anything to add, in your own words (may stay empty)')),
      box,
      h(
        'p',
        { id: 'comment-help', class: 'quiet small' },
        ngettext(
          'People who know you may recognise how you write. Leave out names, dates and words only you use. Comments are shuffled and shown without scores, and dropped if fewer than %(n)s person sends a ballot.',
          'People who know you may recognise how you write. Leave out names, dates and words only you use. Comments are shuffled and shown without scores, and dropped if fewer than %(n)s people send ballots.',
          sitting.ballotsForComments,
        ),
      ),
      tooLong,
      warnings,
    );
  }

  private sendingTime(sitting: Sitting): HTMLElement | null {
    if (!sitting.sendsLaterAtAll) return null;
    const option = (later: boolean, label: string, help: string): HTMLElement => {
      const radio = h('input', { type: 'radio', name: 'when', change: () => void sitting.keep({ later }) });
      radio.checked = sitting.later === later;
      return h('label', { class: 'option' }, radio, h('span', {}, h('span', {}, label), h('span', { class: 'quiet small' }, help)));
    };
    return h(
      'fieldset',
      { class: 'when' },
      h('legend', {}, gettext('When to send')),
      option(false, gettext('Now'), gettext('You get your receipt at once.')),
      option(
        true,
        gettext('Later, at a random time'),
        gettext('Harder to link to you. It goes out by itself when this browser next opens Andon after that time.'),
      ),
    );
  }

  private async send(sitting: Sitting, pressed: HTMLButtonElement): Promise<void> {
    if (this.changing) return;
    this.changing = true;
    pressed.setAttribute('aria-disabled', 'true');
    pressed.textContent = gettext('Sealing and sending');
    try {
      await sitting.cast();
      this.changing = false;
      this.showSent(sitting);
    } catch (fault) {
      this.changing = false;
      if (fault instanceof Refusal) this.showRefused(fault, sitting.seen);
      else this.showNotKept();
    }
  }

  private showSent(sitting: Sitting): void {
    if (sitting.over) return this.showClosed(sitting);
    const [problem] = sitting.waiting.filter((cast) => cast.problem !== null);
    const due = sitting.waiting.filter((cast) => cast.problem === null);
    if (problem?.problem === 'closed') return this.showClosed(sitting);
    if (problem) this.showProblem(sitting, problem.problem ?? '', problem.stored);
    else if (sitting.isWindow) this.showThanks(sitting);
    else if (due.length > 0) this.showWaiting(sitting);
    else this.showAccepted(sitting);
  }

  private showAccepted(sitting: Sitting): void {
    this.show('sent', [
      heading(gettext('Your answers are in the box')),
      h(
        'p',
        { class: 'lead' },
        gettext('You can change them until %(date)s. After that the box is counted, and its keys are destroyed.', {
          date: dateAndTime(sitting.closesAt),
        }),
      ),
      this.receipt(sitting),
      h(
        'div',
        { class: 'actions' },
        button(gettext('Change my answers'), 'second', () => this.showReview(sitting)),
        this.backToApp(),
      ),
      this.onThisDevice(sitting),
    ]);
  }

  /** One question of a window. A tap answers it: there is nothing to confirm, and it can be changed until the close. */
  private showQuestion(sitting: Sitting, statement: Statement): void {
    const asked = inWords(sitting);
    const given = sitting.draft.answers[statement.code];
    const isFirst = !sitting.draft.begun && sitting.casts.length === 0;
    let isTaken = false;
    const take = async (answer: number): Promise<void> => {
      if (isTaken) return;
      isTaken = true;
      // Asked here because it may ask the member, and a tap is the moment for it.
      void navigator.storage?.persist?.();
      try {
        await sitting.answerAndSeal(statement.code, answer);
      } catch (fault) {
        return fault instanceof Refusal ? this.showRefused(fault, sitting.seen) : this.showNotKept();
      }
      this.showSent(sitting);
    };
    const choices = sitting.instrument.labels.map((label, i) => {
      return h(
        'button',
        { type: 'button', class: 'answer', click: () => void take(i + 1), 'aria-pressed': String(given === i + 1) },
        h('span', { class: 'number', 'aria-hidden': 'true' }, String(i + 1)),
        h('span', asked, label),
      );
    });
    const title = heading('', h('span', asked, statement.wording));
    title.id = 'statement';
    const isNewest = statement.code === sitting.newest?.code;
    this.show(
      'question',
      [
        h('p', { class: 'quiet kind' }, isNewest ? kindOfQuestion(sitting) : gettext('A question of an earlier day')),
        isFirst ? note('note', h('p', {}, gettext('Whoever manages this device or its network may see what you tap. If that is your employer, answer from your own phone.'))) : null,
        h(
          'section',
          { class: 'statement' },
          title,
          h('div', { role: 'group', 'aria-labelledby': 'statement', 'aria-describedby': 'how', class: 'answers' }, ...choices),
        ),
        h(
          'p',
          { id: 'how', class: 'quiet small' },
          gettext('One tap answers. It is sealed here, and leaves at a random time. You can change it until %(date)s.', { date: dateAndTime(sitting.closesAt) }),
          ' ',
          h('span', { class: 'keyboard' }, gettext('On a keyboard, 1 to 5 answer.')),
        ),
        isNewest ? null : h('div', { class: 'turns' }, button(gettext('Back'), 'second', () => this.showSent(sitting))),
        this.programNote(sitting),
        this.draftNote(sitting, () => this.showQuestion(sitting, sitting.statements.find(({ code }) => code === statement.code) ?? statement)),
        whoCanKnowWhat(),
        ...roster(sitting.unit, sitting.place.me),
        ...this.group(sitting),
        ...this.words(sitting.seen),
      ],
      true,
      kindOfQuestion(sitting),
    );
    this.keys = (event) => {
      if (!/^[1-5]$/.test(event.key)) return;
      void take(Number(event.key));
      event.preventDefault();
    };
  }

  /** After a tap, and whenever the newest question is answered: what became of it, and what else may be answered. */
  private showThanks(sitting: Sitting): void {
    const { newest } = sitting;
    const missed = [...(newest && !sitting.isAnswered(newest.code) ? [newest] : []), ...sitting.missed.reverse()];
    const earlier = this.questions(sitting, '', missed.slice(OFFERED));
    const answered = sitting.statements.filter(({ code }) => sitting.isAnswered(code));
    const isWaiting = sitting.waiting.length > 0;
    this.show(
      'thanks',
      [
        heading(gettext('Thank you')),
        h('p', { class: 'lead' }, isWaiting ? gettext('Sealed, and not yet sent.') : gettext('Your answer is in the box.')),
        h(
          'p',
          {},
          isWaiting
            ? gettext('It waits in this browser for a random time, and leaves when this browser opens Andon after that. It can be changed until %(date)s.', { date: dateAndTime(sitting.closesAt) })
            : gettext('It can be changed until %(date)s. After that the box is counted, and its keys are destroyed.', { date: dateAndTime(sitting.closesAt) }),
        ),
        h(
          'div',
          { class: 'actions' },
          this.backToApp(),
          newest && sitting.isAnswered(newest.code) ? button(gettext('Change this answer'), 'second', () => this.showQuestion(sitting, newest)) : null,
        ),
        this.questions(sitting, gettext('Also open, if you like'), missed.slice(0, OFFERED)),
        earlier && details(gettext('Questions of earlier days'), earlier),
        answered.length > 1
          ? details(gettext('Change an earlier answer'), ...[this.questions(sitting, '', answered.filter((one) => one !== newest))].filter((part) => part !== null))
          : null,
        isWaiting
          ? details(
              gettext('Send now instead'),
              h('p', {}, gettext('Whoever watches the network can then see when you answered. What waits goes out at once, and you get your receipt.')),
              h('div', { class: 'actions' }, button(gettext('Send now'), 'second', () => void this.act(sitting, () => sitting.sendNow()))),
            )
          : null,
        this.receipt(sitting),
        this.onThisDevice(sitting),
      ],
      true,
      gettext('Thank you'),
    );
  }

  private questions(sitting: Sitting, title: string, statements: readonly Statement[]): HTMLElement | null {
    if (statements.length === 0) return null;
    const rows = statements.map((statement) =>
      h(
        'li',
        {},
        h('button', { type: 'button', class: 'second wide', click: () => this.showQuestion(sitting, statement) }, h('span', inWords(sitting), statement.wording)),
      ),
    );
    return h('section', { class: 'questions' }, title ? h('h2', {}, title) : null, h('ul', { class: 'links' }, ...rows));
  }

  private showWaiting(sitting: Sitting): void {
    this.show('waiting', [
      heading(gettext('Sealed, and not yet sent')),
      h(
        'p',
        { class: 'lead' },
        ngettext(
          'Your ballot waits in this browser for a random time before %(date)s. It goes out when this browser opens Andon after that.',
          '%(n)s ballots wait in this browser, each for a random time before %(date)s. They go out when this browser opens Andon after that.',
          sitting.waiting.length,
          { date: dateAndTime(sitting.closesAt) },
        ),
      ),
      h(
        'div',
        { class: 'actions' },
        button(gettext('Send now'), 'main', () => void this.act(sitting, () => sitting.sendNow())),
        button(gettext('Change my answers'), 'second', () => this.showReview(sitting)),
        this.backToApp(),
      ),
      this.receipt(sitting),
      this.onThisDevice(sitting),
    ]);
  }

  private showProblem(sitting: Sitting, problem: string, stored: number | null): void {
    const outcome = outcomeOf(problem, { opens: dateAndTime(sitting.opensAt), stored });
    const actions =
      outcome.remedy === 'replace'
        ? [
            button(gettext('Replace it with these answers'), 'main', () => void this.act(sitting, () => sitting.replaceNewer())),
            button(gettext('Keep the newer one'), 'second', () => void this.act(sitting, () => sitting.keepNewer())),
          ]
        : [
            button(gettext('Try again'), 'main', () => void this.act(sitting, () => sitting.sendNow())),
            button(gettext('Change my answers'), 'second', () => this.showReview(sitting)),
          ];
    this.show('problem', [
      heading(outcome.title),
      note(problem === 'unreachable' || problem === 'unavailable' || problem === 'not_open' ? 'note' : 'stop', h('p', {}, outcome.text)),
      h('div', { class: 'actions' }, ...actions),
      this.receipt(sitting),
      this.onThisDevice(sitting),
    ]);
  }

  private showNotOpen(sitting: Sitting): void {
    this.show('soon', [
      heading(gettext('This round is not open yet')),
      h('p', { class: 'lead' }, gettext('It opens on %(date)s. Your slip is ready, so you can come back any time after that.', { date: dateAndTime(sitting.opensAt) })),
      whoCanKnowWhat(),
      ...roster(sitting.unit, sitting.place.me),
      ...this.group(sitting),
      ...this.words(sitting.seen),
      this.onThisDevice(sitting),
    ]);
  }

  private showClosed(sitting: Sitting): void {
    if (sitting.seen.void !== null) {
      return this.show('closed', [
        heading(gettext('This round ended without a result')),
        h('p', { class: 'lead' }, gettext('Nothing was counted, and no ballot can be opened any more. The public log gives the reason.')),
        h('p', {}, h('code', {}, sitting.seen.void)),
        h('div', { class: 'actions' }, this.backToApp()),
      ]);
    }
    const unsent = sitting.waiting.length > 0;
    const any = sitting.receipts.length > 0;
    this.show('closed', [
      heading(gettext('This round is closed')),
      h(
        'p',
        { class: 'lead' },
        any
          ? gettext('Your ballot is in the box as your receipt says. The keys that could open it are being destroyed, or are gone.')
          : gettext('This browser cast nothing in this round.'),
      ),
      unsent
        ? note('note', h('p', {}, gettext('Something you answered was not sent before the close. It stays in this browser and counts nowhere.')))
        : null,
      this.receipt(sitting),
      any
        ? h(
            'div',
            {},
            h('h2', {}, gettext('Check that it was counted')),
            h('p', {}, gettext('Open Verify in Andon with this browser. Your group’s list of ballots is compared with your receipt here, on your device, and nobody learns the result.')),
            h('p', {}, gettext('Or take the file of your group from there and check it with a program of its own:')),
            h('pre', {}, h('code', {}, `andon verify ${this.doors?.app ?? 'URL'} --unit FILE --receipt ${sitting.receiptLines().split('\n')[0] || 'SLOT:HASH'}`)),
          )
        : null,
      h('div', { class: 'actions' }, this.backToApp()),
      this.onThisDevice(sitting),
    ]);
  }

  private showRefused(refusal: Refusal, seen: SeenRound | null | undefined): void {
    this.show('refused', [
      heading(gettext('Do not answer this round')),
      note('stop', h('p', {}, refusalText(refusal.code))),
      h(
        'p',
        {},
        gettext('Your slip was not used, and nothing was sent. Ask a colleague what their page says, and tell your auditor, not only the people who run this server.'),
      ),
      ...(seen ? this.words(seen) : []),
      h('p', { class: 'quiet small' }, gettext('For the auditor: %(code)s', { code: refusal.code })),
    ]);
  }

  private showNoSlip(place: PlaceInRound | null, offline: boolean): void {
    if (offline) return this.showUnreachable();
    const elsewhere = (place?.elsewhere.length ?? 0) > 0;
    this.show('noslip', [
      heading(elsewhere ? gettext('Your slip is in another browser') : gettext('This browser has no slip yet')),
      h(
        'p',
        { class: 'lead' },
        elsewhere
          ? gettext('Andon gave your slip for this round to another browser. Is that another device or browser of yours?')
          : gettext('A slip lets you answer once without anyone knowing who you are. Open Today in Andon once with this browser; your slip is fetched by itself. Then come back here.'),
      ),
      elsewhere
        ? h(
            'div',
            {},
            details(
              gettext('Yes, it is mine'),
              h('p', {}, gettext('Answer there. Or move your wallet here: save it to a file there, and open the file below.')),
              h('p', {}, gettext('If that device is lost, this round has to be sat out. A slip cannot be given twice, because nobody could tell which of the two is yours.')),
            ),
            details(
              gettext('No, I have no other'),
              h('p', {}, gettext('Then someone may have fetched your slip in your name. Tell your auditor today, and not only the people who run this server. You cannot answer this round.')),
            ),
          )
        : null,
      elsewhere ? null : h('p', { class: 'quiet small' }, gettext('If Today shows no round, you are not asked in this one, or the round is over.')),
      h('div', { class: 'actions' }, elsewhere ? null : this.toToday(), button(gettext('Look again'), 'second', () => location.reload())),
      details(gettext('Move your wallet here from another device'), ...this.importer()),
    ]);
  }

  private showMembers(members: Member[]): void {
    this.show('choice', [
      heading(gettext('Whose answers are these?')),
      h('p', {}, gettext('This browser keeps the wallets of several people.')),
      h('ul', { class: 'links' }, ...members.map((member) => h('li', {}, button(member.me, 'second', () => void this.openFor(member, false))))),
    ]);
  }

  private async showRounds(member: Member): Promise<void> {
    const rounds = await this.openRounds(member);
    this.show('choice', [
      heading(gettext('Which round?')),
      h(
        'ul',
        { class: 'links' },
        ...rounds.map(({ round, manifest }) =>
          h('li', {}, h('a', { href: `/answer/${round}/${location.hash}` }, roundName(String(manifest?.['kind']), Date.parse(String(manifest?.['closes_at']))))),
        ),
      ),
    ]);
  }

  private showUnreachable(): void {
    this.show('problem', [
      heading(gettext('The anonymous door does not answer')),
      note('note', h('p', {}, gettext('Nothing was sent and nothing is lost. Your slip and anything you answered stay in this browser.'))),
      h('div', { class: 'actions' }, button(gettext('Try again'), 'main', () => location.reload())),
    ]);
  }

  private showNotKept(): void {
    this.show('problem', [
      heading(gettext('This browser could not keep your answer')),
      note('stop', h('p', {}, gettext('Its storage may be full, or closed to this page. What you answered before is kept. Free some space, or use another browser, then load the page again.'))),
      h('div', { class: 'actions' }, button(gettext('Load again'), 'main', () => location.reload())),
    ]);
  }

  // --- Parts of screens -----------------------------------------------------------------------------------------------

  private receipt(sitting: Sitting): HTMLElement | null {
    const casts = sitting.receipts;
    if (casts.length === 0) return null;
    const rows = casts.flatMap(({ purpose, receipt }) => [
      h('dt', {}, slotLabel(purpose, casts.length === 1)),
      h('dd', {}, h('code', {}, receipt?.slot ?? '')),
      h('dt', {}, gettext('Hash of your sealed ballot')),
      h('dd', {}, h('code', {}, receipt?.ciphertextHash ?? '')),
    ]);
    return h(
      'section',
      { class: 'receipt' },
      h('h2', {}, gettext('Your receipt')),
      h('p', { class: 'quiet small' }, gettext('It proves that your ballot is in the box, and says nothing about what is in it. This browser keeps it for you.')),
      h('dl', {}, ...rows),
      h(
        'div',
        { class: 'actions' },
        button(gettext('Copy'), 'second', () => void this.copy(sitting.receiptLines()), gettext('Copy the receipt')),
        button(gettext('Save'), 'second', () => saveFile('andon-receipt.json', sitting.receiptsFile()), gettext('Save the receipt as a file')),
      ),
    );
  }

  private async copy(content: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(content);
      this.announce(gettext('Copied.'));
    } catch {
      this.announce(gettext('This browser does not let pages copy. Save the receipt as a file.'));
    }
  }

  private onThisDevice(sitting: Sitting): HTMLElement {
    return details(
      gettext('On this device'),
      h('p', {}, gettext('To answer from another device, save your wallet to a file and open it there. Whoever has the file can answer in your place and read your answers: delete it after the move.')),
      h(
        'div',
        { class: 'actions' },
        button(gettext('Save my wallet to a file'), 'second', () => {
          void this.wallet
            .exportFile(sitting.member.wallet)
            .then((file) => saveFile('andon-wallet.json', `${JSON.stringify(file, null, 2)}\n`));
        }),
      ),
      h('p', {}, gettext('Others use this browser, too? Take your answers off it. Slip and receipt stay, so you can still change what you sent.')),
      h(
        'div',
        { class: 'actions' },
        button(gettext('Take my answers off this device'), 'second', () => {
          void sitting.forgetAnswers().then(() => this.announce(gettext('Your answers are no longer on this device.')));
        }),
      ),
    );
  }

  private importer(): HTMLElement[] {
    const said = h('p', { role: 'alert' });
    const file = h('input', { type: 'file', id: 'wallet-file', accept: 'application/json,.json' });
    file.addEventListener('change', () => {
      void (async () => {
        try {
          await this.wallet.importFile(parseJson((await file.files?.[0]?.text()) ?? ''));
          location.reload();
        } catch (fault) {
          said.textContent =
            fault instanceof Refusal
              ? refusalText(fault.code)
              : gettext('This is not a wallet file, or it was changed. Nothing was taken over.');
        }
      })();
    });
    return [
      h('p', {}, gettext('There, open your answers in Andon and choose “Save my wallet to a file” under “On this device”. Then open the file here.')),
      h('label', { for: 'wallet-file' }, gettext('Wallet file')),
      file,
      said,
    ];
  }

  private group(sitting: Sitting): HTMLElement[] {
    return sitting.place.proof ? groupWords(fingerprint(sitting.place.proof.leaf, WORDS)) : [];
  }

  private words(seen: SeenRound): HTMLElement[] {
    return seen.manifest ? twelveWords(fingerprint(seen.manifest, WORDS)) : [];
  }

  /** What is asked is a translation that nobody has tried with members. `again` shows it in the original wording. */
  private draftNote(sitting: Sitting, again: () => void): HTMLElement | null {
    if (!sitting.instrument.original) return null;
    return note(
      'note',
      h('p', {}, gettext('The statements are a translation that has not been validated: nobody has tried yet whether it says the same as the original.')),
      button(gettext('Ask me in the original wording'), 'plain', () => {
        sitting.showOriginal();
        again();
      }),
    );
  }

  /** Says so when the running program is not the one the manifest names. A cheating program would not; others can. */
  private programNote(sitting: Sitting): HTMLElement | null {
    const { replaced } = sitting.seen;
    if (replaced.length > 0) {
      return note(
        'stop',
        h('p', {}, gettext('The program of this page was replaced after the round was published. The reason given: %(reason)s', { reason: replaced.join(' · ') })),
      );
    }
    const named = sitting.manifest.bundle['answer.js'];
    if (!named || !OWN_HASH || named === OWN_HASH) return null;
    return note('stop', h('p', {}, gettext('The program of this page is not the one named in the published rules. Ask your auditor before you answer.')));
  }

  private backToApp(): HTMLElement | null {
    return this.doors ? h('a', { class: 'onward', href: `${this.doors.app}/`, rel: 'noreferrer' }, gettext('Back to Andon')) : null;
  }

  private toToday(): HTMLElement | null {
    return this.doors ? h('a', { class: 'button main', href: `${this.doors.app}/`, rel: 'noreferrer' }, gettext('Open Today')) : null;
  }

  // --- Sending again --------------------------------------------------------------------------------------------------

  private async act(sitting: Sitting, work: () => Promise<void>): Promise<void> {
    if (this.changing) return;
    this.changing = true;
    this.announce(gettext('Sending.'));
    try {
      await work();
    } finally {
      this.changing = false;
    }
    this.showSent(sitting);
  }

  /** By itself: when the connection comes back, and every half minute while something could not be sent. */
  private async retry(): Promise<void> {
    const sitting = this.sitting;
    if (!sitting || this.changing || !sitting.waiting.some((cast) => cast.problem !== null && !isFinal(cast.problem))) return;
    const shown = this.page.dataset['screen'];
    await sitting.sendDue();
    if ((shown === 'problem' || shown === 'waiting') && this.page.dataset['screen'] === shown) {
      const still = sitting.waiting.some((cast) => cast.problem !== null && !isFinal(cast.problem));
      if (!still) this.showSent(sitting);
    }
  }

  private async sendDue(): Promise<void> {
    try {
      if (this.sitting) await this.sitting.sendDue();
      else await this.door.sendDue(this.wallet, Date.now());
    } catch {
      // It stays queued, and the page says "not yet sent".
    }
  }

  // --- Showing --------------------------------------------------------------------------------------------------------

  private show(screen: string, content: Content, focus = true, title = gettext('Your answers')): void {
    this.keys = null;
    this.announce('');
    document.title = title;
    this.page.dataset['screen'] = screen;
    this.page.replaceChildren(...content.filter((part) => part !== null));
    scrollTo(0, 0);
    // So that a screen reader begins with what is new, and the number keys work at once.
    if (focus) this.page.querySelector('h1')?.focus({ preventScroll: true });
  }

  private announce(words: string): void {
    this.announcement.textContent = words;
  }
}

/** How the instrument's own texts are read aloud and which way they run: it may have no wording in the page's language. */
function inWords(sitting: Sitting): { lang: string; dir: string } {
  return { lang: sitting.instrument.lang, dir: 'auto' };
}

function roundName(kind: string, closesAt: number): string {
  const date = dateAndTime(closesAt);
  switch (kind) {
    case 'daily':
      return gettext('Question of the day, until %(date)s', { date });
    case 'weekly':
      return gettext('Question of the week, until %(date)s', { date });
    default:
      return gettext('Full round, until %(date)s', { date });
  }
}

function kindOfQuestion(sitting: Sitting): string {
  return sitting.manifest.kind === 'weekly' ? gettext('Question of the week') : gettext('Question of the day');
}

/** Below the box: what could tell who wrote it, and why. It keeps nobody from sending. */
function showTelltales(place: HTMLElement, comment: string, names: readonly string[]): void {
  const found = telltales(comment, language(), names);
  const said = found.map(({ kind, text }) => `${text}: ${whyTelltale(kind)}`);
  // Said again only when it is something else.
  if (place.dataset['said'] === said.join('\n')) return;
  place.dataset['said'] = said.join('\n');
  const lines = found.map(({ kind, text }) => h('li', {}, h('strong', { dir: 'auto' }, text), ` ${whyTelltale(kind)}`));
  place.replaceChildren(
    ...(lines.length > 0 ? [h('p', {}, gettext('Look at these once more. You can send it as it is.')), h('ul', {}, ...lines)] : []),
  );
}

function whyTelltale(kind: Kind): string {
  switch (kind) {
    case 'address':
      return gettext('looks like an address');
    case 'number':
      return gettext('looks like a telephone number');
    case 'reference':
      return gettext('looks like a ticket or a machine that few people work on');
    case 'date':
      return gettext('says when: few people may have been there');
    case 'role':
      return gettext('may be true of one person only');
    case 'name':
      return gettext('looks like a name');
  }
}

function slotLabel(purpose: string, alone: boolean): string {
  if (alone) return gettext('Slot');
  if (purpose === 'comment') return gettext('Slot of your comment');
  if (purpose === 'ballot') return gettext('Slot of your answers');
  return gettext('Slot of %(code)s', { code: purpose.replace('ballot/', '') });
}

function summary(count: number, skipped: number, open: number): string {
  const parts = [ngettext('%(n)s statement', '%(n)s statements', count)];
  if (skipped > 0) parts.push(ngettext('%(n)s skipped', '%(n)s skipped', skipped));
  if (open > 0) parts.push(ngettext('%(n)s not answered', '%(n)s not answered', open));
  return parts.join(' · ');
}

function roundOfPath(): string | null {
  const part = /^\/answer\/([^/]+)\/?$/.exec(location.pathname)?.[1];
  return isId(part) ? part : null;
}

async function start(): Promise<void> {
  await loadCatalogue();
  try {
    await new AnsweringPage(await Wallet.open(), new Door()).start();
  } catch {
    const page = document.getElementById('page');
    page?.replaceChildren(
      heading(gettext('This page could not start')),
      h('p', {}, gettext('Nothing was sent. The browser may not let pages keep anything, as in some private windows, or be too old to seal a ballot. Try a current browser in a normal window.')),
    );
  }
}

void start();
