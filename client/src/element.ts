/** Building the page from elements and text only: nothing that was fetched is ever read as markup. */

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | boolean | ((event: Event) => void) | undefined>;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (typeof value === 'string') element.setAttribute(name, value);
  }
  for (const child of children.flat()) if (child) element.append(child);
  return element;
}

export function button(label: string, kind: 'main' | 'second' | 'plain', press: () => void, name?: string): HTMLButtonElement {
  return h('button', { type: 'button', class: kind, click: press, 'aria-label': name }, label);
}

export function details(summary: string, ...content: (Child | Child[])[]): HTMLDetailsElement {
  return h('details', {}, h('summary', {}, summary), h('div', { class: 'folded' }, ...content));
}

export function note(kind: 'note' | 'stop' | 'good', ...content: (Child | Child[])[]): HTMLElement {
  return h('div', { class: `note ${kind}` }, ...content);
}

export function heading(words: string, ...before: Child[]): HTMLHeadingElement {
  return h('h1', { tabindex: '-1' }, ...before, words);
}

/** Hands a text to the member as a file. */
export function saveFile(name: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: 'application/json' }));
  const link = h('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
