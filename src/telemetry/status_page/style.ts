/** Light and dark by what the reader's system says; two columns where there is room, one on a phone. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --back: #f4f5f7; --card: #ffffff; --line: #dfe3e8; --text: #1b2430; --dim: #5b6776;
  --accent: #1f6fb5; --area: #1f6fb51f; --good: #1c7a43; --warn: #8a5a00; --bad: #b3261e;
  --good-back: #e2f3e8; --warn-back: #fbeecd; --bad-back: #fbe3e1; --track: #e6e9ee;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #11161d; --card: #1a212b; --line: #2c3644; --text: #e4e9f0; --dim: #9aa7b7;
    --accent: #62aef0; --area: #62aef026; --good: #6fd08f; --warn: #e9bb5c; --bad: #ff8a80;
    --good-back: #173524; --warn-back: #3a2d10; --bad-back: #43201e; --track: #2a3442;
  }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--back); color: var(--text); font: 15px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main, footer, #alarm { max-width: 76rem; margin-inline: auto; }
h1, h2, p, dl, dd { margin: 0; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; }
small { display: block; font-size: .8rem; color: var(--dim); font-weight: 400; overflow-wrap: anywhere; }
.dim { color: var(--dim); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .8rem; margin-bottom: 1rem; }
.clock { margin-left: auto; font-variant-numeric: tabular-nums; }
.pill { display: inline-block; padding: .05rem .55rem; border-radius: 1rem; font-size: .85rem; font-weight: 600; white-space: nowrap; background: var(--track); color: var(--dim); }
.pill.good { background: var(--good-back); color: var(--good); }
.pill.warn { background: var(--warn-back); color: var(--warn); }
.pill.bad { background: var(--bad-back); color: var(--bad); }
#alarm { position: sticky; top: 0; z-index: 1; margin-bottom: 1rem; padding: .6rem 1rem; border-radius: .5rem; background: var(--bad); color: var(--card); font-weight: 600; }
[data-probe=gone] main { opacity: .45; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 1rem; margin-bottom: 1rem; }
.tile, main > .wide, .columns > section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1rem; min-width: 0; }
.tile h2 { font-size: .85rem; font-weight: 600; color: var(--dim); }
.tile > .dim { font-size: .85rem; font-variant-numeric: tabular-nums; }
.big { line-height: 1.2; }
.big b { font-size: 1.9rem; font-variant-numeric: tabular-nums; }
.big span { color: var(--dim); }
.tile.bad .big b { color: var(--bad); }
.tile.good .big b { color: var(--good); }
.spark { display: block; width: 100%; height: 2.6rem; margin: .3rem 0; }
.spark polyline { fill: none; stroke: var(--accent); stroke-width: 1.5; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.spark polygon { fill: var(--area); }
.tile.bad .spark polyline { stroke: var(--bad); }
.tile.bad .spark polygon { fill: var(--bad-back); }
.tile.good .spark polyline { stroke: var(--good); }
.tile.good .spark polygon { fill: none; }
.columns { columns: 22rem; column-gap: 1rem; margin-top: 1rem; }
.columns > section { break-inside: avoid; margin-bottom: 1rem; }
.columns > section > * + *, .wide > * + * { margin-top: .6rem; }
.reason { border-left: 3px solid var(--warn); padding-left: .6rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--dim); font-size: .85rem; padding-bottom: .2rem; }
th, td { padding: .28rem .5rem; text-align: left; border-top: 1px solid var(--line); vertical-align: top; font-weight: 400; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { border-top: 0; font-size: .8rem; color: var(--dim); }
th.number { text-align: right; }
tbody th small { display: inline; }
tr.bad th, tr.bad td, td.bad { color: var(--bad); font-weight: 600; }
td.warn { color: var(--warn); font-weight: 600; }
p.good { color: var(--good); }
.cards .name { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .88rem; overflow-wrap: anywhere; }
.cards small { display: block; }
details { font-size: .92rem; }
summary { cursor: pointer; color: var(--dim); }
.gauge p { display: flex; justify-content: space-between; gap: 1rem; flex-wrap: wrap; }
.bar { display: block; width: 100%; height: .55rem; border-radius: .3rem; margin-top: .2rem; }
.bar .track { fill: var(--track); }
.bar .fill { fill: var(--accent); }
.bar.warn .fill { fill: var(--warn); }
.bar.bad .fill { fill: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { color: var(--dim); }
dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
footer { margin-top: 1rem; font-size: .85rem; }
a { color: var(--accent); }
nav a { margin-right: .8rem; }
@media (max-width: 48rem) {
  body { padding: .6rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: .6rem; }
  .tile { padding: .6rem .7rem; }
  .big b { font-size: 1.4rem; }
  .cards thead { display: none; }
  .cards, .cards tbody, .cards caption { display: block; width: 100%; }
  .cards tr { display: grid; grid-template-columns: 1fr 1fr; column-gap: 1.5rem; border-top: 1px solid var(--line); padding: .5rem 0; }
  .cards th, .cards td { border: 0; padding: .12rem 0; }
  .cards th, .cards th + td { grid-column: 1 / -1; }
  .cards td { display: flex; justify-content: space-between; gap: 1rem; }
  .cards td::before { content: attr(data-label); color: var(--dim); font-weight: 400; }
}
`;
