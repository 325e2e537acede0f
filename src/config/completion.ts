// Shell completion: config/completion, and what `weir completion SHELL` prints.
import { bashScript } from './completion_bash.js';
import { fishScript } from './completion_fish.js';
import { type CompletionModel, completionModel } from './completion_model.js';
import { zshScript } from './completion_zsh.js';

export const completionShells = ['bash', 'zsh', 'fish'] as const;
export type CompletionShell = (typeof completionShells)[number];

const files: Record<CompletionShell, string> = { bash: 'weir.bash', zsh: '_weir', fish: 'weir.fish' };
const scripts: Record<CompletionShell, (model: CompletionModel) => string> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** Where the script stands in the package. */
export function completionPath(shell: CompletionShell): string {
  return `config/completion/${files[shell]}`;
}

export function completionScript(shell: CompletionShell, templates: readonly string[]): string {
  return scripts[shell](completionModel(templates));
}
