// What is made from the option table and committed: config/weir.yaml, the manual page, shell completion, and the README's
// tables between their markers.
import { completionPath, completionScript, completionShells } from './completion.js';
import { type ManPageFacts, manPage } from './man_page.js';
import { nprobeMarkdown } from './nprobe.js';
import { optionsMarkdown, weirYaml } from './print.js';
import { sinkParametersMarkdown } from './sink_parameters.js';

const tables: Readonly<Record<string, () => string>> = {
  options: optionsMarkdown,
  'sink-parameters': sinkParametersMarkdown,
  nprobe: nprobeMarkdown,
};

/** The text with the tables between `<!-- NAME -->` and `<!-- /NAME -->` made anew. */
export function fillTables(markdown: string): string {
  return Object.entries(tables).reduce(
    (text, [name, table]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`),
        (_, begin: string, end: string) => `${begin}\n${table()}\n${end}`,
      ),
    markdown,
  );
}

/** Files by path from the package root; `readme` is README.md as it is now, '' when there is none. */
export function generatedFiles(readme: string, facts: ManPageFacts): { path: string; content: string }[] {
  const templates = facts.templates.map(({ name }) => name);
  const files = [
    { path: 'config/weir.yaml', content: weirYaml() },
    { path: 'config/weir.1', content: manPage(facts) },
    ...completionShells.map((shell) => ({ path: completionPath(shell), content: completionScript(shell, templates) })),
  ];
  return readme === '' ? files : [...files, { path: 'README.md', content: fillTables(readme) }];
}
