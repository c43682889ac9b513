/** What came up on the table, and what to ask next. It never asks who. */

import { gettext } from './i18n.ts';

/** `towards`: what agreeing with the statement means; nobody knows that of the moderator's own words. */
export type Towards = 'safe' | 'unsafe' | 'unknown';

export type Pattern = 'few' | 'all_safe' | 'all_unsafe' | 'all_agree' | 'all_disagree' | 'middle' | 'close' | 'alone' | 'split' | 'spread';

/**
 * How the cards lie, from 1 to 5.
 * One card alone is one that is two answers or more away from all others, which lie together.
 */
export function patternOf(cards: readonly number[] | null, towards: Towards): Pattern {
  if (cards === null) return 'few';
  const lie = cards.flatMap((count, i) => Array<number>(count).fill(i + 1));
  const [least, most] = [lie[0] ?? 0, lie.at(-1) ?? 0];
  if (least >= 4 || most <= 2) {
    const agrees = least >= 4;
    if (towards === 'unknown') return agrees ? 'all_agree' : 'all_disagree';
    return agrees === (towards === 'safe') ? 'all_safe' : 'all_unsafe';
  }
  if (least === 3 && most === 3) return 'middle';
  if (most - least <= 1) return 'close';
  const low = lie.filter((answer) => answer <= 2).length;
  const high = lie.filter((answer) => answer >= 4).length;
  if (isAlone(lie[0], lie.slice(1)) || isAlone(lie.at(-1), lie.slice(0, -1))) return 'alone';
  return low >= 2 && high >= 2 ? 'split' : 'spread';
}

function isAlone(one: number | undefined, others: number[]): boolean {
  if (one === undefined || others.length < 2) return false;
  const [least, most] = [others[0] ?? 0, others.at(-1) ?? 0];
  return most - least <= 1 && Math.min(Math.abs(one - least), Math.abs(one - most)) >= 2;
}

export interface Prompts {
  title: string;
  asks: string[];
}

export function promptsFor(pattern: Pattern): Prompts {
  switch (pattern) {
    case 'few':
      return {
        title: gettext('Fewer than three cards have a number, so all stay face down'),
        asks: [
          gettext('Passing is an answer, too. Nobody has to explain it.'),
          gettext('Talk about the statement itself: when did it matter here, in the last month?'),
          gettext('Or take another statement.'),
        ],
      };
    case 'all_safe':
      return {
        title: gettext('All of you see it as safe here'),
        asks: [
          gettext('What do we do that makes it so? Name one moment.'),
          gettext('Who might see it differently: somebody new, somebody on call, somebody who is not here today?'),
          gettext('What would put it at risk, and how would we notice?'),
        ],
      };
    case 'all_unsafe':
      return {
        title: gettext('All of you see that something is missing here'),
        asks: [
          gettext('Thank you for saying so. That you all say it is a beginning.'),
          gettext('What happens here that makes it hard? Speak of situations, not of people.'),
          gettext('What is the smallest thing that we could change until next week?'),
        ],
      };
    case 'all_agree':
      return {
        title: gettext('All of you agree'),
        asks: [
          gettext('What have you seen that makes you say so? Name one moment.'),
          gettext('Who might see it differently: somebody new, somebody on call, somebody who is not here today?'),
          gettext('What follows from it for us?'),
        ],
      };
    case 'all_disagree':
      return {
        title: gettext('All of you disagree'),
        asks: [
          gettext('What have you seen that makes you say so? Name one moment.'),
          gettext('What happens here that makes it hard? Speak of situations, not of people.'),
          gettext('What is the smallest thing that we could change until next week?'),
        ],
      };
    case 'middle':
      return {
        title: gettext('All cards lie in the middle'),
        asks: [
          gettext('The middle can mean "it depends". On what does it depend?'),
          gettext('It can also mean "I would rather not say". That is all right, and worth a thought.'),
          gettext('What would have to happen for a 4?'),
        ],
      };
    case 'close':
      return {
        title: gettext('You see it much alike'),
        asks: [
          gettext('What do you see that makes you say so? Anyone may begin.'),
          gettext('What would have to happen for the cards to lie one step further?'),
          gettext('Is there a situation in which all of us would choose differently?'),
        ],
      };
    case 'alone':
      return {
        title: gettext('Someone sees it differently. Thank you for that'),
        asks: [
          gettext('Who would like to say what a person might see who chooses such a card? Anyone may, with any card.'),
          gettext('When could that be true here? Speak of situations, not of people.'),
          gettext('Do not ask whose card it is. A card that costs its owner something is the last one of its kind.'),
        ],
      };
    case 'split':
      return {
        title: gettext('You see it in two ways'),
        asks: [
          gettext('What does each side see that the other does not? Anyone may speak for either.'),
          gettext('Does it depend on the shift, the task, or how long somebody has been here?'),
          gettext('Nobody has to defend a card. What would help both?'),
        ],
      };
    case 'spread':
      return {
        title: gettext('You see it in many ways'),
        asks: [
          gettext('What might somebody with a low card have seen? And with a high one? Anyone may answer, with any card.'),
          gettext('Does it depend on the shift, the task, or how long somebody has been here?'),
          gettext('What is one thing that all of us would welcome?'),
        ],
      };
  }
}
