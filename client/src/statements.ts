/** The statements that every screen of a room knows, so that only their code travels. */

import core from './statements.json';

export interface CoreStatement {
  code: string;
  facet: string;
  /** Agreeing means less of the facet. */
  reverse: boolean;
  wording: string;
}

export interface Core {
  instrument: string;
  labels: string[];
  facets: { id: string; name: string }[];
  statements: CoreStatement[];
  /** What these texts are written in, which need not be the language of the page. */
  lang: string;
}

type Texts = Record<string, string>;

/** In the first of these languages that there is a wording in, else in English. */
export function coreStatements(languages: readonly string[]): Core {
  const labels: Record<string, string[]> = core.labels;
  const wanted = languages.flatMap((tag) => [tag.toLowerCase(), tag.toLowerCase().split('-')[0] ?? tag]);
  const lang = wanted.find((tag) => Object.hasOwn(labels, tag)) ?? 'en';
  const say = (texts: Texts): string => texts[lang] ?? texts['en'] ?? '';
  return {
    instrument: core.instrument,
    labels: labels[lang] ?? [],
    facets: core.facets.map(({ id, name }) => ({ id, name: say(name) })),
    statements: core.statements.map(({ code, facet, reverse, wording }) => ({ code, facet, reverse, wording: say(wording) })),
    lang,
  };
}
