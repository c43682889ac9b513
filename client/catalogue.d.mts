export interface Catalogue {
  lang: string;
  dir: 'ltr' | 'rtl';
  plurals: string;
  messages: Record<string, string[]>;
}

export function catalogueFromPo(po: string, lang: string, sources?: Set<string> | null): Catalogue;
