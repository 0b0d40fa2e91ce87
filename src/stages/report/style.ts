/** The style sheet of a report: one column, system fonts, light and dark by the reader's setting, fit to print. */

/** CSS text; pictures of few pixels are enlarged without smoothing. */
export const style = `
:root {
  color-scheme: light dark;
  --text: #1c1e21; --quiet: #5c636b; --line: #dfe2e6; --ground: #ffffff; --card: #f5f6f8; --link: #0b5cad;
}
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e6e9; --quiet: #9aa2ab; --line: #363b42; --ground: #17191c; --card: #202327; --link: #7db7f0; }
}
* { box-sizing: border-box; }
body {
  max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; background: var(--ground); color: var(--text);
  font: 16px/1.55 system-ui, sans-serif;
}
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.35rem; margin: 0 0 .75rem; }
a { color: var(--link); }
.kind { color: var(--quiet); font-size: .875rem; font-weight: 400; }
nav ol { columns: 2; padding-left: 1.25rem; margin: 0; }
nav li { break-inside: avoid; }
section { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1.5rem; }
.summary { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .5rem; margin: 0; }
.summary div { background: var(--card); border-radius: 6px; padding: .5rem .75rem; }
.summary dt { color: var(--quiet); font-size: .8125rem; line-height: 1.3; }
.summary dd { margin: .125rem 0 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
figure { margin: 1.5rem 0; }
figure img { display: block; max-width: 100%; height: auto; border-radius: 4px; }
img.png { image-rendering: pixelated; }
figcaption { color: var(--quiet); font-size: .9375rem; margin: .5rem 0; max-width: 44rem; }
figcaption strong { color: var(--text); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.4; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .75rem .3rem 0; text-align: left; vertical-align: top; }
thead th { color: var(--quiet); font-weight: 500; white-space: nowrap; }
tbody th { font-weight: 400; color: var(--quiet); white-space: nowrap; }
td { overflow-wrap: break-word; min-width: 3rem; }
td.text { min-width: 13rem; }
td.number, th.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
td.cut { color: var(--quiet); text-align: center; }
.cells td, .cells th { border: 0; padding: .35rem; font-size: .8125rem; color: var(--quiet); }
.cells img { display: block; min-width: 8rem; border-radius: 4px; margin-bottom: .25rem; }
nav li { overflow-wrap: anywhere; }
details { margin: 1rem 0 0; }
summary { cursor: pointer; color: var(--quiet); }
pre { background: var(--card); border-radius: 6px; font-size: .8125rem; overflow: auto; max-height: 30rem; padding: .75rem; }
.digests { color: var(--quiet); font-size: .8125rem; }
@media (max-width: 40rem) { nav ol { columns: 1; } }
@media print {
  :root { --text: #000; --quiet: #444; --line: #bbb; --ground: #fff; --card: #fff; --link: #000; }
  body { max-width: none; padding: 0; font-size: 11pt; }
  figure, .summary div { break-inside: avoid; }
  h2 { break-after: avoid; }
}
`;
