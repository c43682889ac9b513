/** Words in the member's language: English is built in, other catalogues are files of the same pinned bundle. */

type Values = Record<string, string | number>;

interface Catalogue {
  lang: string;
  dir: 'ltr' | 'rtl';
  /** For n below 200 the plural form as one digit each; above, forms repeat by the last two digits. */
  plurals: string;
  messages: Record<string, string[]>;
}

let catalogue: Catalogue | null = null;

export function gettext(message: string, values: Values = {}): string {
  return fill(catalogue?.messages[message]?.[0] || message, values);
}

export function ngettext(one: string, many: string, n: number, values: Values = {}): string {
  const forms = catalogue?.messages[one];
  const index = catalogue ? Number(catalogue.plurals[n < 200 ? n : 100 + (n % 100)] ?? 0) : 0;
  return fill(forms?.[index] || (n === 1 ? one : many), { n, ...values });
}

export function language(): string {
  return catalogue?.lang ?? 'en';
}

/** Loads the first language the member reads and we have. Failing is quiet: English is always there. */
export async function loadCatalogue(languages: readonly string[] = navigator.languages): Promise<void> {
  for (const wanted of languages) {
    const lang = [wanted, wanted.split('-')[0] ?? ''].map((tag) => tag.toLowerCase()).find((tag) => tag in CATALOGUES || tag === 'en');
    if (lang === 'en') return;
    const file = lang === undefined ? undefined : CATALOGUES[lang];
    if (!file) continue;
    try {
      const response = await fetch(file.path, {
        integrity: file.integrity,
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
      });
      catalogue = (await response.json()) as Catalogue;
      document.documentElement.lang = catalogue.lang;
      document.documentElement.dir = catalogue.dir;
      return;
    } catch {
      return;
    }
  }
}

/** English dates stand day first and in 24 hours, as in the app's own pages. */
function dates(): string {
  return language() === 'en' ? 'en-GB' : language();
}

export function date(milliseconds: number): string {
  return new Intl.DateTimeFormat(dates(), { day: 'numeric', month: 'long' }).format(milliseconds);
}

export function dateAndTime(milliseconds: number): string {
  return new Intl.DateTimeFormat(dates(), {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: 'numeric',
    minute: '2-digit',
    // This browser's clock; the app's pages name theirs as well, so that the two are not taken for each other.
    timeZoneName: 'short',
  }).format(milliseconds);
}

function fill(message: string, values: Values): string {
  return message.replace(/%\((\w+)\)s/g, (whole, name: string) => String(values[name] ?? whole));
}
