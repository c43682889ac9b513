/** One person's picture of their team, out of their own answers: words first, and "cannot tell" where there is little. */

import { gettext } from './i18n.ts';
import type { Core, CoreStatement } from './statements.ts';

/** By code: 1 to 5, or 0 where it was left out. */
export type Answers = Record<string, number>;

export type Band = 'low' | 'mixed_low' | 'middle' | 'mixed_high' | 'high';

export interface FacetPicture {
  facet: string;
  /** Null where fewer than three statements were answered. */
  band: Band | null;
  /** What was answered as good, and as costly, in the instrument's words. */
  carries: CoreStatement[];
  costs: CoreStatement[];
}

const LEAST_ANSWERED = 3;

/** The answer as it counts: five is good, whichever way the statement is put. */
export function keyed(statement: CoreStatement, answer: number): number {
  return statement.reverse ? 6 - answer : answer;
}

/**
 * The four bands of a unit's report, around the mean of one person's keyed answers. Exactly in the middle it is neither:
 * a unit's report takes the lower word there, but one person who answers "neither" throughout did not say anything bad.
 */
export function bandOf(keyedAnswers: readonly number[]): Band | null {
  if (keyedAnswers.length < LEAST_ANSWERED) return null;
  const total = keyedAnswers.reduce((sum, answer) => sum + answer, 0);
  const n = keyedAnswers.length;
  if (total * 5 <= 13 * n) return 'low';
  if (total === 3 * n) return 'middle';
  if (total < 3 * n) return 'mixed_low';
  return total * 5 >= 17 * n ? 'high' : 'mixed_high';
}

export function pictureOf(core: Core, answers: Answers): FacetPicture[] {
  return core.facets.map(({ id }) => {
    const answered = core.statements
      .filter(({ facet, code }) => facet === id && (answers[code] ?? 0) > 0)
      .map((statement) => ({ statement, value: keyed(statement, answers[statement.code] ?? 0) }));
    return {
      facet: id,
      band: bandOf(answered.map(({ value }) => value)),
      carries: answered.filter(({ value }) => value >= 4).map(({ statement }) => statement),
      costs: answered.filter(({ value }) => value <= 2).map(({ statement }) => statement),
    };
  });
}

export function bandWord(facet: string, band: Band | null): string {
  if (band === null) return gettext('cannot tell');
  if (facet === 'accountability') {
    return {
      low: gettext('loose'),
      mixed_low: gettext('rather loose'),
      middle: gettext('neither loose nor clear'),
      mixed_high: gettext('rather clear'),
      high: gettext('clear'),
    }[band];
  }
  return {
    low: gettext('unsafe'),
    mixed_low: gettext('leaning unsafe'),
    middle: gettext('neither safe nor unsafe'),
    mixed_high: gettext('leaning safe'),
    high: gettext('safe'),
  }[band];
}

/** As strong as the word beside it: what only leans to one side is said more mildly than what lies there. */
export function sentenceOf(facet: string, band: Band | null): string {
  if (band === null) return gettext('You left too much out for a word. That is fine.');
  if (band === 'middle') return gettext('Your answers lie in the middle here, and lean to neither side.');
  switch (facet) {
    case 'inclusion':
      return {
        low: gettext('As you see it, belonging here is not a matter of course.'),
        mixed_low: gettext('As you see it, belonging here is not always a matter of course.'),
        mixed_high: gettext('As you see it, people here mostly belong, and you can mostly be yourself among them.'),
        high: gettext('As you see it, people here belong, and you can be yourself among them.'),
      }[band];
    case 'learner':
      return {
        low: gettext('As you see it, asking or getting something wrong costs standing here.'),
        mixed_low: gettext('As you see it, asking or getting something wrong sometimes costs standing here.'),
        mixed_high: gettext('As you see it, one may mostly ask, not know and get things wrong here.'),
        high: gettext('As you see it, one may ask, not know and get things wrong here.'),
      }[band];
    case 'contributor':
      return {
        low: gettext('As you see it, what you bring goes unused or unseen.'),
        mixed_low: gettext('As you see it, some of what you bring goes unused or unseen.'),
        mixed_high: gettext('As you see it, what you bring is mostly wanted and put to use.'),
        high: gettext('As you see it, what you bring is wanted and put to use.'),
      }[band];
    case 'challenger':
      return {
        low: gettext('As you see it, contradicting costs something here, and so things stay unsaid.'),
        mixed_low: gettext('As you see it, contradicting sometimes costs something here, and some things stay unsaid.'),
        mixed_high: gettext('As you see it, one may mostly doubt a plan here, and say it to those who lead.'),
        high: gettext('As you see it, one may doubt a plan here, and say it to those who lead.'),
      }[band];
    default:
      return {
        low: gettext('As you see it, promises and standards here are not firm.'),
        mixed_low: gettext('As you see it, promises and standards here are not always firm.'),
        mixed_high: gettext('As you see it, you mostly agree on what is good and keep to it.'),
        high: gettext('As you see it, you agree on what is good and keep to it.'),
      }[band];
  }
}

/** Something that one person can do without leading anybody. */
export function stepOf(facet: string): string {
  switch (facet) {
    case 'inclusion':
      return gettext('Bring one person into a talk that touches their work and that they would have missed.');
    case 'learner':
      return gettext('Say "I don’t know" once this week where others hear it, and thank somebody who asks.');
    case 'contributor':
      return gettext('Tell one person what became of an idea of theirs, or ask what became of yours.');
    case 'challenger':
      return gettext('Before the next decision, ask "what could be wrong with it?" and wait for ten seconds.');
    default:
      return gettext('Ask at the start of the next task: how will we know that it is good?');
  }
}
