// The screen: what a picture looks like, and the keys. Everything that is shown was escaped when it was read.
import { Box, render, Text, useInput } from 'ink';
import { type ReactNode, useSyncExternalStore } from 'react';
import { type Column, type ColumnName, columns } from './columns.js';
import { dimensionOf, dimensions } from './dimensions.js';
import { fit, planColumns, type Plan } from './layout.js';
import { hostPage, type Model, pageOf, type Picture } from './model.js';
import { cellText, type Units } from './numbers.js';
import { questions } from './questions.js';
import { headingText, lossesText, totalsText } from './report.js';
import type { Row, Table } from './rows.js';
import { commandKeys, type Key } from './state.js';

/** One line, cut at the width of the terminal. */
function Line({ children }: { children?: ReactNode }): ReactNode {
  return <Text wrap="truncate-end">{children ?? ' '}</Text>;
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

function windowText({ sight, state, ended }: Picture): string {
  if (!Number.isFinite(state.seconds))
    return `${sight.seconds.toFixed(1)} s from ${clock(sight.window.fromMs)} UTC${ended ? '' : ', reading'}`;
  return `${sight.seconds.toFixed(sight.seconds < state.seconds - 0.05 ? 1 : 0)} s to ${clock(sight.window.toMs)} UTC`;
}

function Headline({ picture }: { picture: Picture }): ReactNode {
  const { state, source, ended } = picture;
  const { inside, filter, by, sort, reverse, frozen } = state;
  return (
    <Line>
      <Text bold color="cyan">
        weir top
      </Text>
      {`  ${source}  ${windowText(picture)}  `}
      <Text bold>{inside === undefined ? by : `${inside.key}: ${by}s`}</Text>
      {` by ${sort}${reverse ? ', smallest first' : ''}`}
      {filter === undefined ? '' : <Text color="yellow">{`  /${filter.text}`}</Text>}
      {frozen ? <Text color="yellow">{'  FROZEN'}</Text> : ''}
      {ended && Number.isFinite(state.seconds) ? <Text color="yellow">{'  ENDED'}</Text> : ''}
    </Line>
  );
}

function Losses({ picture }: { picture: Picture }): ReactNode {
  const lost = lossesText(picture.losses);
  const forgotten = picture.forgotten > 0 && !Number.isFinite(picture.state.seconds);
  const left = forgotten ? `  the first ${picture.forgotten} flow records are not shown` : '';
  if (lost === '' && left === '') return <Line>{<Text dimColor>nothing dropped</Text>}</Line>;
  return <Line>{<Text color="red">{`${lost === '' ? '' : `dropped: ${lost}`}${left}`}</Text>}</Line>;
}

function Tabs({ picture }: { picture: Picture }): ReactNode {
  return (
    <Line>
      {dimensions.map(({ name, key }) => {
        const at = name.indexOf(key);
        const active = name === picture.state.by;
        return (
          <Text key={name} bold={active} dimColor={!active}>
            {name.slice(0, at)}
            <Text underline>{key}</Text>
            {`${name.slice(at + 1)}  `}
          </Text>
        );
      })}
    </Line>
  );
}

function headingLook(sorted: boolean): { inverse?: boolean; bold?: boolean; color?: string; backgroundColor?: string } {
  return sorted ? { bold: true, color: 'black', backgroundColor: 'cyan' } : { inverse: true };
}

function Headings({ plan, heading, sort, units }: HeadingsProps): ReactNode {
  return (
    <Line>
      <Text inverse>{fit(heading, plan.label)}</Text>
      {plan.columns.map((column) => (
        <Text key={column.name} {...headingLook(column.name === sort)}>
          {fit(headingText(column.heading, column.unit, units), plan.value, 'right')}
        </Text>
      ))}
    </Line>
  );
}

interface HeadingsProps {
  plan: Plan;
  heading: string;
  sort: ColumnName;
  units: Units;
}

/** Calm: zeros stand back, failures and retransmissions stand out. */
function cellLook(column: Column, value: number | undefined): { color?: string; dimColor?: boolean } {
  if (value === undefined || value === 0) return { dimColor: true };
  if (column.name === 'failed') return { color: 'red' };
  return column.name === 'retransmits' ? { color: 'yellow' } : {};
}

function Cells({ row, plan, units }: { row: Row; plan: Plan; units: Units }): ReactNode {
  return plan.columns.map((column) => {
    const value = row.values[column.name as ColumnName];
    const text = value === undefined ? '? ' : cellText(column, value, units);
    return (
      <Text key={column.name} {...cellLook(column, value)}>
        {fit(text, plan.value, 'right')}
      </Text>
    );
  });
}

function TableRow({ row, plan, units, chosen = false, dim = false }: TableRowProps): ReactNode {
  return (
    <Line>
      <Text dimColor={dim} {...(chosen ? { backgroundColor: 'blue', color: 'white', bold: true } : {})}>
        {fit(row.label, plan.label)}
      </Text>
      <Cells row={row} plan={plan} units={units} />
    </Line>
  );
}

interface TableRowProps {
  row: Row;
  plan: Plan;
  units: Units;
  chosen?: boolean;
  dim?: boolean;
}

function longest({ rows }: Table, count: number): number {
  return Math.max(0, ...rows.slice(0, count).map(({ label }) => label.length));
}

function Rows({ picture }: { picture: Picture }): ReactNode {
  const { state, table, width } = picture;
  const page = pageOf(picture);
  const at =
    state.cursor === undefined
      ? 0
      : Math.max(
          0,
          table.rows.findIndex(({ key }) => key === state.cursor),
        );
  const first = Math.max(0, Math.min(at - page + 1, table.rows.length - page));
  const shown = table.rows.slice(first, first + page);
  const rest = table.rows.length - shown.length;
  const plan = planColumns(width, state.sort, longest({ ...table, rows: shown }, page));
  const { units, sort } = state;
  return (
    <>
      <Headings plan={plan} heading={dimensionOf(state.by).heading} sort={sort} units={units} />
      {shown.map((row, index) => (
        <TableRow key={row.key} row={row} plan={plan} units={units} chosen={first + index === at} />
      ))}
      {shown.length === 0 ? <Line>{<Text dimColor>no flows in the window</Text>}</Line> : null}
      <Line>{<Text dimColor>{rest === 0 ? ' ' : `${rest} more`}</Text>}</Line>
    </>
  );
}

function Hosts({ picture, hosts }: { picture: Picture; hosts: Table }): ReactNode {
  const count = hostPage(picture);
  const { units, sort } = picture.state;
  const plan = planColumns(picture.width, sort, longest(hosts, count));
  return (
    <>
      <Headings plan={plan} heading={dimensionOf('host').heading} sort={sort} units={units} />
      {hosts.rows.slice(0, count).map((row) => (
        <TableRow key={row.key} row={row} plan={plan} units={units} />
      ))}
      <Line>{<Text dimColor>{hosts.rows.length > count ? `${hosts.rows.length - count} more` : ' '}</Text>}</Line>
    </>
  );
}

const hints = '1-0 questions · / filter · Space freeze · < > sort · + - window · Enter look into · ? help · q quit';

function Bottom({ picture }: { picture: Picture }): ReactNode {
  const { state, notice } = picture;
  const typing = state.typing;
  return (
    <>
      {typing === undefined ? (
        <Line>
          <Text dimColor>{hints}</Text>
        </Line>
      ) : (
        <Line>
          <Text color="yellow">{`/${typing}`}</Text>
          <Text inverse> </Text>
        </Line>
      )}
      <Line>{<Text color={state.problem === '' ? 'yellow' : 'red'}>{state.problem || notice || ' '}</Text>}</Line>
    </>
  );
}

function HelpList({ title, lines }: { title: string; lines: readonly (readonly [string, string])[] }): ReactNode {
  return (
    <Box flexDirection="column" marginRight={3}>
      <Text bold>{title}</Text>
      {lines.map(([key, doc]) => (
        <Line key={key}>
          <Text color="cyan">{fit(key, Math.min(18, 2 + Math.max(...lines.map(([one]) => one.length))))}</Text>
          {doc}
        </Line>
      ))}
    </Box>
  );
}

function Help({ picture }: { picture: Picture }): ReactNode {
  const views = questions.map(({ key, asks }) => [key, asks] as const);
  const by = dimensions.map(({ key, name }) => [key, name] as const);
  const sorts = columns.map(({ key, name }) => [key, name] as const);
  return (
    <Box flexDirection="column" height={picture.height - 1} overflow="hidden">
      <Box>
        <HelpList title="Questions" lines={views} />
        <HelpList title="By" lines={by} />
        <HelpList title="Sort by" lines={sorts} />
      </Box>
      <HelpList title="Keys" lines={commandKeys.map(({ keys, doc }) => [keys, doc] as const)} />
    </Box>
  );
}

/** ink's names of keys to ours. */
function keyOf(input: string, key: Parameters<Parameters<typeof useInput>[0]>[1]): Key {
  if (key.ctrl) return input === 'c' ? 'interrupt' : '';
  if (key.upArrow) return 'up';
  if (key.downArrow) return 'down';
  if (key.leftArrow) return 'left';
  if (key.rightArrow) return 'right';
  if (key.pageUp) return 'pageUp';
  if (key.pageDown) return 'pageDown';
  if (key.home) return 'home';
  if (key.end) return 'end';
  if (key.return) return 'enter';
  if (key.escape) return 'escape';
  if (key.backspace || key.delete) return 'backspace';
  return key.tab || key.meta ? '' : input;
}

const typed: Readonly<Record<string, Key>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\u001b': 'escape',
  '\u007f': 'backspace',
};

export function Screen({ model }: { model: Model }): ReactNode {
  const picture = useSyncExternalStore(model.subscribe, model.picture);
  useInput((input, key) => {
    const one = keyOf(input, key);
    // Pasted text, and keys that came while we were busy, arrive together.
    if (one === input && [...input].length > 1)
      for (const character of input) model.press(typed[character] ?? character);
    else model.press(one);
  });
  if (picture.state.help) return <Help picture={picture} />;
  const { state, table, hosts, width, height } = picture;
  return (
    <Box flexDirection="column" width={width} height={height - 1} overflow="hidden">
      <Headline picture={picture} />
      <Line>{totalsText(table.totals, state.units)}</Line>
      <Losses picture={picture} />
      <Tabs picture={picture} />
      {hosts === undefined ? null : <Hosts picture={picture} hosts={hosts} />}
      <Rows picture={picture} />
      <Box flexGrow={1} />
      <Bottom picture={picture} />
    </Box>
  );
}

export interface Streams {
  stdout: NodeJS.WriteStream;
  stdin: NodeJS.ReadStream;
  stderr: NodeJS.WriteStream;
}

/** Shows the model until unmount() is called; exited rejects when it cannot be shown. */
export function show(model: Model, streams: Streams): { unmount: () => void; exited: Promise<unknown> } {
  const { unmount, waitUntilExit } = render(<Screen model={model} />, {
    ...streams,
    exitOnCtrlC: false,
    patchConsole: false,
  });
  return { unmount, exited: waitUntilExit() };
}
