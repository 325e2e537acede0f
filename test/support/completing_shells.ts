// What bash, zsh and fish themselves offer at the end of a line, with the completion of a file loaded. bash and zsh run
// interactively on a terminal of their own and put all candidates into the line, which a key then prints.
import { spawn, spawnSync } from 'node:child_process';

export type Shell = 'bash' | 'zsh' | 'fish';

export const installed = (command: string): boolean => spawnSync('which', [command]).status === 0;

const patienceMs = 30_000;
const ready = 'READY>';
// The marks are split by quotes where they are typed, so that the terminal's echo of them is not taken for them.
const start: Record<'bash' | 'zsh', (file: string) => { command: string; setup: string; keys: string }> = {
  bash: (file) => ({
    command: 'bash --norc --noprofile -i',
    setup:
      `bind 'set enable-bracketed-paste off'; source ${file}; show() { echo "<$READLINE_LINE>.END"; }; ` +
      `bind -x '"\\C-xs": show'; PS1='REA''DY>'`,
    keys: '\u001b*\u0018s', // insert-completions
  }),
  zsh: (file) => ({
    command: 'zsh -f -i',
    setup:
      `unset zle_bracketed_paste; autoload -Uz compinit; compinit -D; source ${file}; ` +
      `zle -C all complete-word _generic; bindkey '^Xa' all; zstyle ':completion:all:*' completer _all_matches _complete; ` +
      `zstyle ':completion:all:*' insert yes; show() { zle -I; print -r -- "<$BUFFER>.END"; }; zle -N show; ` +
      `bindkey '^Xs' show; PS1='REA''DY>'`,
    keys: '\u0018a\u0018s',
  }),
};

const clear = '\u0001\u000b'; // to the beginning, and delete to the end

/** Types what comes next each time the terminal has shown what is expected; resolves to what it has shown in between. */
function talk(command: string, steps: readonly { expected: RegExp; type: string }[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', TERM: 'dumb', LC_ALL: 'C.UTF-8' },
    });
    const shown: string[] = [];
    let text = '';
    const fail = (): void => {
      child.kill('SIGKILL');
      reject(new Error(`${command} did not come to ${String(steps[shown.length]?.expected)}: ${JSON.stringify(text)}`));
    };
    let timer = setTimeout(fail, patienceMs);
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const step = steps[shown.length];
      if (step?.expected.test(text) !== true) return;
      shown.push(text);
      text = '';
      clearTimeout(timer);
      timer = setTimeout(fail, patienceMs);
      child.stdin.write(step.type);
    });
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      resolve(shown);
    });
  });
}

function askFish(file: string, line: string): string[] {
  const script = `source ${file}; complete -C '${line.replaceAll("'", "\\'")}'`;
  const done = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' });
  if (done.status !== 0 || done.stderr !== '') throw new Error(`fish: ${done.stderr}`);
  return done.stdout
    .split('\n')
    .filter((one) => one !== '')
    .map((one) => one.split('\t')[0]!);
}

/** The words that stand where the last one of `line` stood. */
function wordsOf(shown: string, line: string): string[] {
  const offered = /^<(.*)>\.END/m.exec(shown)?.[1] ?? '';
  const typed = /^(.*\s)?/s.exec(line)?.[0].length ?? 0;
  const words = offered.slice(typed).split(/(?<!\\)\s+/);
  const plain = words.map((word) => word.replaceAll(/\\(.)|['"]/g, '$1')).filter((word) => word !== '');
  // Where nothing fits the line stays as it was.
  return plain.length === 1 && plain[0] === line.slice(typed).replace(/^'/, '') ? [] : plain;
}

/** For each line the words that the shell offers for its last one. */
export async function candidates(shell: Shell, file: string, lines: readonly string[]): Promise<string[][]> {
  if (shell === 'fish') return lines.map((line) => askFish(file, line));
  const { command, setup, keys } = start[shell](file);
  const [, , ...shown] = await talk(command, [
    { expected: /./, type: `${setup}\n` },
    { expected: new RegExp(ready), type: `${lines[0]}${keys}` },
    ...lines.slice(1).map((line) => ({ expected: /\.END/, type: `${clear}${line}${keys}` })),
    { expected: /\.END/, type: `${clear}exit\n` },
  ]);
  return lines.map((line, index) => wordsOf(shown[index] ?? '', line));
}
