/** What the page says before the first statement: who can know what, who is counted together, which round this is. */

import { details, h } from './element.ts';
import { gettext, ngettext } from './i18n.ts';
import type { Unit } from './manifest.ts';

const MANY = 24;

/** A0 to A5 of the claim, in words a tired person understands. */
export function whoCanKnowWhat(): HTMLElement {
  const rows: [string, string][] = [
    [
      gettext('Colleagues, your lead, HR'),
      gettext('see one broad colour for your group. Someone who knows only their own answer can rule out no answer of yours.'),
    ],
    [
      gettext('An administrator who looks afterwards'),
      gettext('finds sealed ballots and no way to tell whose they are, also with every database and backup. This holds as long as nobody copied the key volume during the round.'),
    ],
    [
      gettext('An administrator who watches now'),
      gettext('may link what you send to you by its time or network address, and may read ballots without names. Sending later, or from another network, makes the link harder.'),
    ],
    [
      gettext('An operator who cheats'),
      gettext('with keys, names or your ballot can be found out: this browser checks the public log, and you check your receipt. Ballots made up for people who never look, and wrong arithmetic, cannot.'),
    ],
    [
      gettext('An operator who changes this page'),
      gettext('could read your answers. This page cannot prevent that. The verifier finds it, by comparing this page with the published one.'),
    ],
    [
      gettext('Whoever manages your device or network'),
      gettext('may see everything you do on it. So may people who know how you write. Answer from your own phone.'),
    ],
  ];
  return details(
    gettext('Who can know what'),
    h('dl', { class: 'who' }, ...rows.flatMap(([who, what]) => [h('dt', {}, who), h('dd', {}, what)])),
  );
}

/** `Name <address>` is how a roster lists people; the address is shown only where two share a name. */
export function roster(unit: Unit, me: string): HTMLElement[] {
  const others = unit.members.filter((member) => member !== me);
  const names = unit.members.map(nameOf);
  const shown = (member: string): string => {
    const name = nameOf(member);
    return names.filter((other) => other === name).length > 1 ? member : name;
  };
  const erased = Array.from({ length: unit.erased }, () => h('li', { class: 'quiet' }, gettext('somebody who was erased')));
  const list = h('ul', { class: 'roster' }, ...others.map((member) => h('li', {}, shown(member))), ...erased);
  const count = others.length + unit.erased;
  return [
    h('h2', {}, ngettext('You are counted with this one person', 'You are counted with these %(n)s people', count)),
    count > MANY ? details(gettext('Show all names'), list) : list,
    ...(unit.erased > 0
      ? [
          h(
            'p',
            { class: 'quiet small' },
            ngettext(
              'One of them was erased since the list was fixed. This browser cannot check that they were real: ask, if you know of nobody who left.',
              '%(n)s of them were erased since the list was fixed. This browser cannot check that they were real: ask, if you do not know who left.',
              unit.erased,
            ),
          ),
        ]
      : []),
    h('p', {}, h('span', { class: 'you' }, gettext('You: %(name)s', { name: shown(me) })), h('br'), h('span', { class: 'quiet small' }, gettext('Together you are one group: %(unit)s.', { unit: unit.name }))),
  ];
}

/**
 * The words of the group's own leaf: its key and its roster. One roster can be published twice with two keys, and then
 * every name is right for somebody who is nonetheless counted alone; only two people who compare can tell.
 */
export function groupWords(words: string): HTMLElement[] {
  return [
    h('p', { class: 'words' }, h('span', { class: 'label' }, gettext('Your group in twelve words')), h('span', { lang: 'en', dir: 'ltr' }, words)),
    h(
      'p',
      { class: 'quiet small' },
      gettext('Everybody in this group must see these same words. Whoever sees others is counted apart: then answer nothing and tell your auditor.'),
    ),
  ];
}

export function twelveWords(words: string): HTMLElement[] {
  return [
    h('p', { class: 'words' }, h('span', { class: 'label' }, gettext('This round in twelve words')), h('span', { lang: 'en', dir: 'ltr' }, words)),
    h(
      'p',
      { class: 'quiet small' },
      gettext('A colleague who sees the same words sees the same rules, keys and dates. They stand on the page of the round and on Verify, too.'),
    ),
  ];
}

export function nameOf(member: string): string {
  return member.replace(/\s*<[^<>]*>$/, '') || member;
}
