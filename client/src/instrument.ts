/** Reading the instrument the manifest names: what is asked, in the member's language where it has that. */

import { hasKeys, isObject, type Json, list, Malformed, parseCanonical, text } from './wire.ts';

export interface Statement {
  code: string;
  wording: string;
}

export interface Instrument {
  statements: Statement[];
  /** Five labels, from the lowest answer to the highest. */
  labels: string[];
  /** What the texts above are written in, which need not be the language of the page. */
  lang: string;
  /** The original wording, where the one above is a translation that nobody has tried with members. */
  original: Instrument | null;
}

export function readInstrument(bytes: Uint8Array, languages: readonly string[]): Instrument {
  const instrument = hasKeys(parseCanonical(bytes), 'scale', 'statements');
  const { labels } = hasKeys(instrument['scale'], 'labels');
  const lang = languageOf(labels, languages);
  const read = list(isObject(labels) ? labels[lang] : labels).map(text);
  if (read.length !== 5) throw new Malformed('a scale has five labels');
  const statements = list(instrument['statements']).map((entry) => {
    const { code, wording } = hasKeys(entry, 'code', 'wording');
    return { code: text(code), wording: text(isObject(wording) ? wording[lang] : wording) };
  });
  if (statements.length === 0) throw new Malformed('an instrument has statements');
  const translations = instrument['translations'];
  const states = isObject(translations) ? translations : {};
  const original = Object.keys(states).find((tag) => states[tag] === 'original');
  // The original is read only where it is there: a file that names one without texts would be read for ever.
  const isDraft = states[lang] === 'draft' && original !== undefined && original !== lang && isObject(labels) && Object.hasOwn(labels, original);
  return { statements, labels: read, lang, original: isDraft ? readInstrument(bytes, [original]) : null };
}

/** The first of the member's languages that is there, else English, else whatever there is. An instrument has all of its
 * texts in the same languages. */
function languageOf(value: Json | undefined, languages: readonly string[]): string {
  if (!isObject(value)) return 'en';
  const wanted = languages.flatMap((tag) => [tag, tag.split('-')[0] ?? tag]);
  return [...wanted, 'en', ...Object.keys(value)].find((tag) => Object.hasOwn(value, tag)) ?? 'en';
}
