/** What both kinds of screen of a room have: a place to show, words that are read aloud, the way back. */

import { h, heading } from './element.ts';
import { gettext } from './i18n.ts';
import { isObject, parseJson } from './wire.ts';

export type Content = (Node | null)[];

export class Screen {
  private readonly page = document.getElementById('page') as HTMLElement;
  private readonly announcement = document.getElementById('announcement') as HTMLElement;

  /** `focus`: so that a screen reader begins with what is new; not when somebody may be typing. */
  show(name: string, content: Content, focus = true): void {
    const hadFocus = this.page.contains(document.activeElement);
    this.page.dataset['screen'] = name;
    this.page.replaceChildren(...content.filter((part) => part !== null));
    const title = this.page.querySelector('h1');
    document.title = title?.textContent || gettext('Conversation room');
    if (focus || hadFocus) title?.focus({ preventScroll: !focus });
    if (focus) scrollTo(0, 0);
  }

  announce(words: string): void {
    this.announcement.textContent = words;
  }

  /** Changes words that stand on the page already. */
  say(id: string, words: string): void {
    const place = document.getElementById(id);
    if (place && place.textContent !== words) place.textContent = words;
  }

  couldNotStart(): void {
    this.show('problem', [heading(gettext('This page could not start')), h('p', {}, gettext('Nothing was sent. Try a current browser in a normal window.'))]);
  }
}

/** A line about the connection, empty while all is well. */
export function connection(): HTMLElement {
  return h('p', { id: 'connection', class: 'connection', role: 'status' });
}

export function connectionWords(reached: boolean): string {
  return reached ? '' : gettext('The room is not reached at the moment. This page tries again by itself; what you chose is kept.');
}

/** Where the app is, for a link; null where that is not known. */
export async function appOrigin(): Promise<string | null> {
  try {
    const response = await fetch('/doors.json', { credentials: 'omit', referrerPolicy: 'no-referrer' });
    const doors = parseJson(await response.text());
    const app = isObject(doors) ? doors['app'] : null;
    return typeof app === 'string' && new URL(app).origin === app ? app : null;
  } catch {
    return null;
  }
}

export function backToApp(app: string | null): HTMLElement | null {
  return app === null ? null : h('a', { class: 'onward', href: `${app}/`, rel: 'noreferrer' }, gettext('Back to Andon'));
}

/** What was refused, in words. */
export function declinedWords(code: string): string {
  switch (code) {
    case 'no_such_room':
      return gettext('There is no room with this code. Look at the screen in front once more. If the room has ended, nothing of it was kept.');
    case 'room_full':
      return gettext('Thirty phones are in this room, which is all that it holds. Share a phone, or open a second room.');
    case 'too_few_cards':
      return gettext('Cards turn when at least three phones have chosen.');
    case 'no_room_left':
      return gettext('All rooms of this server are in use. Try again in a few minutes.');
    case 'too_soon':
      return gettext('Many rooms are being opened at this moment. Try again in a few seconds.');
    case 'another_statement':
      return gettext('Another statement is on the table by now.');
    default:
      return gettext('The room did not understand this page. Load the page again; nothing was changed.');
  }
}

export function notReachedWords(): string {
  return gettext('The room is not reached at the moment. Nothing was changed. Try again.');
}
