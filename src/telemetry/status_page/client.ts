// What the status page does in the browser: asks for /status.json, draws it, and says so when no answer comes. page.ts
// takes it into the page behind view.ts.
import type { StatusDocument } from '../status.js';
import { statusMarkup } from './view.js';

/** What is used of the DOM; the project has no types of it. */
interface PageNode {
  readonly nodeName: string;
  readonly nodeType: number;
  nodeValue: string | null;
  readonly childNodes: ArrayLike<PageNode>;
  appendChild(child: PageNode): void;
  removeChild(child: PageNode): void;
  replaceWith(other: PageNode): void;
}
interface PageElement extends PageNode {
  textContent: string | null;
  innerHTML: string;
  hidden: boolean;
  readonly content: PageNode;
  readonly dataset: Record<string, string | undefined>;
  readonly attributes: ArrayLike<{ name: string; value: string }>;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
}
declare const document: {
  readonly hidden: boolean;
  readonly documentElement: PageElement;
  getElementById(id: string): PageElement;
  createElement(name: string): PageElement;
  addEventListener(name: string, call: () => void): void;
};
declare const location: { reload(): void };

const everyMs = 2_000;
const patienceMs = 4_000;
const elementType = 1;

/** Open stays what the reader made it. */
function copyAttributes(now: PageElement, next: PageElement): void {
  for (const { name, value } of Array.from(next.attributes))
    if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  for (const { name } of Array.from(now.attributes))
    if (name !== 'open' && next.getAttribute(name) === null) now.removeAttribute(name);
}

/** Makes `now` like `next` where they differ: what is selected, focused or unfolded stays so. */
function turnInto(now: PageNode, next: PageNode): void {
  const before = Array.from(now.childNodes);
  const after = Array.from(next.childNodes);
  for (const [index, child] of after.entries()) {
    const old = before[index];
    if (old === undefined) now.appendChild(child);
    else if (old.nodeName !== child.nodeName) old.replaceWith(child);
    else if (child.nodeType === elementType) {
      copyAttributes(old as PageElement, child as PageElement);
      turnInto(old, child);
    } else if (old.nodeValue !== child.nodeValue) old.nodeValue = child.nodeValue;
  }
  for (const extra of before.slice(after.length)) now.removeChild(extra);
}

const main = document.getElementById('status');
const alarm = document.getElementById('alarm');
let asking = false;
let goneSince: Date | undefined;

function show(status: StatusDocument): void {
  // Another version draws otherwise.
  if (status.version !== main.dataset.version) location.reload();
  const template = document.createElement('template');
  template.innerHTML = statusMarkup(status);
  turnInto(main, template.content);
}

/** Shows that the figures are old, or no longer. */
function answered(well: boolean): void {
  if (well) goneSince = undefined;
  else goneSince ??= new Date();
  const text = `No answer from the probe since ${goneSince?.toTimeString().slice(0, 8)}: these figures are old. Asking again every 2 s.`;
  if (alarm.hidden !== well) alarm.textContent = well ? '' : text;
  alarm.hidden = well;
  document.documentElement.dataset.probe = well ? 'there' : 'gone';
}

async function ask(): Promise<void> {
  if (asking || document.hidden) return;
  asking = true;
  try {
    const response = await fetch('status.json', { signal: AbortSignal.timeout(patienceMs) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    show((await response.json()) as StatusDocument);
    answered(true);
  } catch {
    answered(false);
  } finally {
    asking = false;
  }
}

setInterval(() => void ask(), everyMs);
document.addEventListener('visibilitychange', () => void ask());
