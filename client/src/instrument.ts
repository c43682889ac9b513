/** Reading the instrument the manifest names: what is asked, in the member's language. */

import { hasKeys, isObject, type Json, list, Malformed, parseCanonical, text } from './wire.ts';

export interface Statement {
  code: string;
  wording: string;
}

export interface Instrument {
  statements: Statement[];
  /** Five labels, from the lowest answer to the highest. */
  labels: string[];
}

export function readInstrument(bytes: Uint8Array, languages: readonly string[]): Instrument {
  const instrument = hasKeys(parseCanonical(bytes), 'scale', 'statements');
  const { labels } = hasKeys(instrument['scale'], 'labels');
  const read = list(inLanguage(labels, languages)).map(text);
  if (read.length !== 5) throw new Malformed('a scale has five labels');
  const statements = list(instrument['statements']).map((entry) => {
    const { code, wording } = hasKeys(entry, 'code', 'wording');
    return { code: text(code), wording: text(inLanguage(wording, languages)) };
  });
  if (statements.length === 0) throw new Malformed('an instrument has statements');
  return { statements, labels: read };
}

/** The first of the member's languages that is there, else English, else whatever there is. */
function inLanguage(value: Json | undefined, languages: readonly string[]): Json | undefined {
  if (!isObject(value)) return value;
  const wanted = languages.flatMap((tag) => [tag, tag.split('-')[0] ?? tag]);
  const found = [...wanted, 'en', ...Object.keys(value)].find((tag) => Object.hasOwn(value, tag));
  return found === undefined ? undefined : value[found];
}
