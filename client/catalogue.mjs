/** Turns a djangojs.po into the JSON that client/src/i18n.ts reads. */

const RIGHT_TO_LEFT = new Set(['ar', 'dv', 'fa', 'he', 'ku', 'ps', 'sd', 'ug', 'ur', 'yi']);
const FORMS_COUNTED = 200;

/** `sources`: of texts that are said elsewhere alone nothing is taken. */
export function catalogueFromPo(po, lang, sources = null) {
  const entries = parse(po);
  const header = entries.find((entry) => entry.msgid === '')?.msgstr[0] ?? '';
  const messages = {};
  for (const { msgid, msgstr, fuzzy, places } of entries) {
    if (sources !== null && !places.some((place) => sources.has(place))) continue;
    if (msgid !== '' && !fuzzy && msgstr.every((form) => form !== '')) messages[msgid] = msgstr;
  }
  return {
    lang,
    dir: RIGHT_TO_LEFT.has(lang.split('-')[0]) ? 'rtl' : 'ltr',
    plurals: plurals(header),
    messages: Object.fromEntries(Object.entries(messages).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The plural form of 0 to 199. The page may not evaluate the rule itself, and need not: from 100 on it repeats. */
function plurals(header) {
  const rule = /Plural-Forms:[^;]*;\s*plural\s*=\s*([^;\n]+)/.exec(header)?.[1]?.trim() ?? '(n != 1)';
  if (!/^[n0-9\s()?:!=<>&|%]+$/.test(rule)) throw new Error('the plural rule is not one');
  const form = new Function('n', `return Number(${rule})`);
  return Array.from({ length: FORMS_COUNTED }, (_, n) => form(n)).join('');
}

function parse(po) {
  const entries = [];
  for (const block of po.split(/\n\s*\n/)) {
    const places = [...block.matchAll(/^#: (.*)$/gm)].flatMap(([, line]) => line.split(/\s+/)).map((place) => place.replace(/:\d+$/, ''));
    const entry = { msgid: '', msgstr: [], fuzzy: /^#,.*\bfuzzy\b/m.test(block), places };
    let field = null;
    let any = false;
    for (const line of block.split('\n')) {
      const keyword = /^(msgid_plural|msgid|msgctxt|msgstr(?:\[(\d+)\])?)\s+(".*")$/.exec(line);
      const text = keyword ? keyword[3] : /^".*"$/.test(line) ? line : null;
      if (text === null) continue;
      if (keyword) field = keyword[1].startsWith('msgstr') ? Number(keyword[2] ?? 0) : keyword[1];
      const value = JSON.parse(text);
      any = true;
      if (typeof field === 'number') entry.msgstr[field] = (entry.msgstr[field] ?? '') + value;
      else if (field === 'msgid') entry.msgid += value;
    }
    // The header is the entry without a msgid; its fuzzy mark means nothing.
    if (any) entries.push(entry.msgid === '' ? { ...entry, fuzzy: false } : entry);
  }
  return entries;
}
