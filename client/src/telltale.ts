/**
 * What in a comment could tell who wrote it: names, addresses, numbers, dates, places in the work, a role that only one
 * person has. In English and German, by shape and by the names of the group, which this page shows anyway: nothing is
 * asked of any server.
 */

export type Kind = 'address' | 'number' | 'reference' | 'date' | 'role' | 'name';

export interface Found {
  kind: Kind;
  /** As it stands in the comment. */
  text: string;
}

const MONTHS = 'january|february|march|april|june|july|august|september|october|november|december|januar|februar|märz|juni|juli|oktober|dezember';
const DAYS = '(?:mon|tues|wednes|thurs|fri|satur|sun)day|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag';

/** In this order: what one of them took, the ones below do not look at. */
const SHAPES: readonly (readonly [Kind, RegExp])[] = [
  ['address', /[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+/gu],
  ['address', /(?<![\p{L}\d])@[\p{L}\d][\p{L}\d._-]+/gu],
  ['reference', /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/gu],
  ['reference', /(?<![\p{L}\d])[A-Z][A-Z\d]{1,9}-\d+/gu],
  ['reference', /(?<![\p{L}\d])(?:[\p{L}\d-]+\.)+(?:local|internal|lan|corp|intern|com|org|net|de|io)(?![\p{L}\d])/giu],
  ['date', /(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)/gu],
  ['date', /(?<!\d)\d{1,2}\.\s?\d{1,2}\.(?:\s?\d{2,4})?(?!\d)/gu],
  ['date', /(?<!\d)\d{1,2}\/\d{1,2}(?:\/\d{2,4})?(?!\d)/gu],
  ['date', /(?<![\d:])[0-2]?\d:[0-5]\d(?!\d)/gu],
  ['date', new RegExp(`(?<!\\p{L})(?:${DAYS})s?(?!\\p{L})`, 'giu')],
  ['date', new RegExp(`(?<!\\p{L})(?:${MONTHS})(?!\\p{L})`, 'giu')],
  ['date', /(?<!\p{L})(?:yesterday|last (?:night|week|month)|gestern|vorgestern|letzte (?:nacht|woche)|letzten monat)(?!\p{L})/giu],
  ['number', /(?<![\d\p{L}])\+?\d[\d ()/-]{6,}\d(?!\d)/gu],
  ['role', /(?<!\p{L})(?:(?:i am|i'm|i’m) the only|as the only|the only (?:one|woman|man|person) (?:who|in|on)|my last day|since i (?:joined|started|came)|when i (?:joined|started)|as (?:the|your|a|our) (?:team'?s? |team’s )?(?:lead|manager|head|chief|intern|apprentice|newcomer|newest)|(?:my|our) (?:boss|manager|chief|director|supervisor)|(?:our|the) (?:ciso|cto|ceo|cio))(?!\p{L})/giu],
  ['role', /(?<!\p{L})(?:ich bin (?:hier )?(?:der|die|das) einzige|als (?:einziger?|leitung|leiter(?:in)?|chef(?:in)?|teamleiter(?:in)?|praktikant(?:in)?|azubi|neue[rs]?)|mein(?:em)? letzte[rmn]? tag|seit ich (?:hier|da|dabei) bin|seit ich angefangen|als ich anfing|(?:mein|meine|meinem|meiner|unser|unsere|unserem|unserer) (?:chef(?:in)?|vorgesetzter?|vorgesetzte[nmr]?|teamleit(?:er|erin|ung)|abteilungsleit(?:er|erin|ung))|de[rm] ciso)(?!\p{L})/giu],
];

// Capitals that English has anyway, besides those that begin a sentence.
const ORDINARY = new Set(['I', "I'm", "I'd", "I'll", "I've", 'English', 'German', 'Andon', 'OK']);
const TITLED = /(?<!\p{L})(?:mr|mrs|ms|dr|herr|herrn|frau|kollege|kollegin)\.?\s+\p{Lu}[\p{Ll}’'-]+/giu;
// Any noun has a capital in German, so only what stands where a name stands is taken for one.
const AFTER_A_PREPOSITION = /(?<!\p{L})(?:von|mit|bei|für|ohne|dass|weil|wenn|und|hat|sagt|sagte)\s+(\p{Lu}\p{Ll}{1,14})(?=\s+(?:hat|sagt|sagte|ist|war|will|wollte|und\s+ich|immer|nie)(?!\p{L}))/gu;
const CAPITALISED = /(?<![\p{L}\d'’.-])\p{Lu}\p{Ll}+(?:[-'’]\p{Lu}?\p{Ll}+)?/gu;

// Parts of names, and first names, that are words as well: written small they are not taken for a name.
const ALSO_WORDS = new Set([
  'art', 'april', 'august', 'bell', 'bill', 'brown', 'can', 'drew', 'faith', 'frank', 'grace', 'green', 'hope', 'joy', 'june',
  'king', 'long', 'mark', 'may', 'rich', 'rose', 'sky', 'sunny', 'sue', 'will', 'young', 'alt', 'ernst', 'gross', 'groß', 'gut',
  'jung', 'klein', 'kurz', 'lang', 'neu', 'sommer', 'stark', 'van', 'von', 'der', 'den', 'del', 'dos', 'bin', 'ibn', 'the',
]);
const LEAST_OF_A_NAME = 3;

/** Each name, and each of its parts that is long enough, the longest first. */
function namesAndParts(names: readonly string[]): string[] {
  const parts = names.flatMap((name) => [name, ...name.split(/[\s,]+/u), ...name.split(/[\s,-]+/u)]).map((part) => part.trim().toLowerCase());
  const known = new Set(parts.filter((part) => part.length >= LEAST_OF_A_NAME && /^\p{L}/u.test(part) && !ALSO_WORDS.has(part)));
  return [...known].sort((one, other) => other.length - one.length);
}

function whole(part: string): RegExp {
  const letters = part.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&').replace(/\s+/gu, '\\s+');
  return new RegExp(`(?<![\\p{L}\\d])${letters}(?![\\p{L}\\d])`, 'giu');
}

/**
 * What stands out, in the order of the comment, each once.
 * `names`: of the people who are asked in the group; found in any spelling, in whatever place.
 * Guarantees: depends on the text, the language and these names alone; takes time that grows with the text.
 * Does not: find every other name (one at the beginning of a sentence looks like any word, a German one like any noun),
 * nor judge how somebody writes. It helps to look again and keeps nobody from sending.
 */
export function telltales(comment: string, language: string, names: readonly string[] = []): Found[] {
  let rest = comment;
  const found: (Found & { at: number })[] = [];
  const take = (kind: Kind, at: number, text: string): void => {
    found.push({ kind, at, text });
    // As long as before, so that places stay where they are, and nothing is found in it a second time.
    rest = rest.slice(0, at) + ' '.repeat(text.length) + rest.slice(at + text.length);
  };
  const all = (kind: Kind, shape: RegExp): void => {
    for (const match of [...rest.matchAll(shape)]) take(kind, match.index, match[0].trim());
  };
  for (const [kind, shape] of SHAPES) all(kind, shape);
  all('name', TITLED);
  for (const part of namesAndParts(names)) all('name', whole(part));
  if (language.startsWith('de')) {
    for (const match of [...rest.matchAll(AFTER_A_PREPOSITION)]) {
      const name = match[1] ?? '';
      take('name', match.index + match[0].lastIndexOf(name), name);
    }
  } else {
    for (const match of [...rest.matchAll(CAPITALISED)]) {
      if (!ORDINARY.has(match[0]) && !beginsSentence(comment, match.index)) take('name', match.index, match[0]);
    }
  }
  const seen = new Set<string>();
  return found
    .sort((one, other) => one.at - other.at)
    .filter(({ text }) => !seen.has(text) && seen.add(text))
    .map(({ kind, text }) => ({ kind, text }));
}

function beginsSentence(text: string, at: number): boolean {
  return /(?:^|[.!?:\n"“„»(-])\s*$/u.test(text.slice(Math.max(0, at - 20), at)) || at === 0;
}
