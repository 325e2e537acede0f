// The status page as one HTML document: styles and script inside, allowed by their hashes and nothing else.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { StatusDocument } from '../status.js';
import { pageStyle } from './style.js';
import { escapeHtml, statusMarkup } from './view.js';

/** Files of the script in their order: each uses only what comes before it. */
const scriptFiles = ['../escape.js', '../short_number.js', './view.js', './client.js'];

/** The compiled files as one script: what they import of each other is there already. */
function pageScript(): string {
  return scriptFiles
    .map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'))
    .map((text) => text.replace(/^import [^;]*;\n|^\/\/# sourceMappingURL.*$/gm, ''))
    .map((text) => text.replace(/^export (?=function|const|class)/gm, ''))
    .join('\n');
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export interface PageAnswer {
  body: string;
  headers: Readonly<Record<string, string>>;
}

export class StatusPage {
  readonly #script = pageScript();
  readonly #headers = {
    'Content-Security-Policy':
      `default-src 'none'; style-src ${hashOf(pageStyle)}; script-src ${hashOf(this.#script)}; connect-src 'self'; ` +
      "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  };

  /** Its first values are in it: the page says something without script too, and then loads itself anew. */
  render(status: StatusDocument): PageAnswer {
    const body = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>weir on ${escapeHtml(status.host)}</title>
<link rel="icon" href="data:,">
<noscript><meta http-equiv="refresh" content="5"></noscript>
<style>${pageStyle}</style>
</head>
<body>
<p id="alarm" role="alert" hidden></p>
<main id="status" data-version="${escapeHtml(status.version)}">${statusMarkup(status)}</main>
<footer><nav aria-label="Other forms"><a href="status.json">status.json</a> <a href="metrics">metrics</a> <a href="readyz">readyz</a> <a href="healthz">healthz</a></nav></footer>
<script type="module">${this.#script}</script>
</body>
</html>
`;
    return { body, headers: this.#headers };
  }
}
