/** The portal's one stylesheet. System fonts, both colour schemes, and an account's colour as `--account`. */
export const STYLESHEET = `
:root { color-scheme: light dark; --ink: #16202e; --soft: #55627a; --line: #d8dee8; --paper: #fff; --wash: #f4f6fa; --accent: #1d4ed8; --on-accent: #fff; --bad: #b42318; --bad-wash: #fef3f2; --good: #067647; --warn: #8a4b00; --warn-wash: #fff7e6; --account: #64748b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8edf5; --soft: #a3afc2; --line: #2c3648; --paper: #161d29; --wash: #0d121b; --accent: #93b4ff; --on-accent: #0d1526; --bad: #ff9b8f; --bad-wash: #2b1513; --good: #6ad6a2; --warn: #ffc46b; --warn-wash: #2a2010; --account: #8493a8; }
}
.c-red { --account: #d92d20 } .c-orange { --account: #dc6803 } .c-yellow { --account: #ca8a04 } .c-green { --account: #079455 }
.c-teal { --account: #0e9384 } .c-blue { --account: #2970ff } .c-purple { --account: #7a5af8 } .c-pink { --account: #dd2590 } .c-gray { --account: #667085 }
*, ::before, ::after { box-sizing: border-box }
html { -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--wash); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
a { color: var(--accent); text-underline-offset: .15em }
h1, h2, h3 { line-height: 1.25; margin: 0 }
h1 { font-size: 1.6rem } h2 { font-size: 1.1rem } h3 { font-size: 1rem }
p { margin: .5rem 0 }
code, .mono, textarea { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875rem }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px }
.skip { position: absolute; left: -999rem; top: 0; padding: .75rem 1rem; background: var(--paper); z-index: 2 }
.skip:focus { left: 0 }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.5rem; padding: .6rem max(1rem, calc(50vw - 34rem)); background: var(--paper); border-bottom: 1px solid var(--line) }
.brand { display: inline-flex; align-items: center; gap: .5rem; min-height: 2.75rem; font-weight: 700; color: var(--ink); text-decoration: none; letter-spacing: -.01em }
.brand img { width: 1.5rem; height: 1.5rem }
.bar nav { display: flex; flex: 1; gap: .25rem }
.bar nav a { padding: .55rem .75rem; border-radius: 8px; color: var(--soft); text-decoration: none }
.bar nav a:hover { background: var(--wash); color: var(--ink) }
.bar nav a[aria-current] { color: var(--ink); font-weight: 600; box-shadow: inset 0 -2px var(--accent); border-radius: 0 }
.who { display: flex; align-items: center; gap: .75rem; color: var(--soft); font-size: .9rem; overflow-wrap: anywhere }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1rem 4rem }
.narrow { max-width: 32rem }
.soft { color: var(--soft) } .small { font-size: .875rem }
.head { display: flex; flex-wrap: wrap; align-items: end; justify-content: space-between; gap: 1rem; margin-bottom: 1.5rem }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem; margin: 0 0 1.25rem }
.card > h2 { margin-bottom: .5rem } .card > :last-child { margin-bottom: 0 }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.25rem; align-items: start }
.account { background: var(--paper); border: 1px solid var(--line); border-left: 6px solid var(--account); border-radius: 12px; margin-bottom: 1.25rem; overflow: hidden }
.account h2 { background: color-mix(in srgb, var(--account) 9%, var(--paper)); display: flex; flex-wrap: wrap; align-items: baseline; gap: .15rem .6rem; padding: .8rem 1rem .6rem }
.account h2 small { font-weight: 400; color: var(--soft); font-size: .85rem }
.roles { list-style: none; margin: 0; padding: 0 }
.roles li { border-top: 1px solid var(--line) }
.roles a { display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr auto; gap: 0 1rem; padding: .7rem 1rem; color: inherit; text-decoration: none }
.roles a:hover { background: var(--wash) }
.roles b { overflow-wrap: anywhere } .roles span { color: var(--soft) }
.roles i { font-style: normal; font-size: .85rem; color: var(--warn) }
.chips { display: flex; flex-wrap: wrap; gap: .5rem; list-style: none; margin: .25rem 0 0; padding: 0 }
.chips a { display: inline-block; padding: .45rem .8rem; background: var(--paper); border: 1px solid var(--line); border-left: 6px solid var(--account); border-radius: 8px; color: inherit; text-decoration: none }
.chips a:hover { border-color: var(--accent) }
.chips small { color: var(--soft) }
.quick { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem 2rem; margin-bottom: 1.5rem }
.banner { border-left: 6px solid var(--account); border-radius: 0 12px 12px 0; background: color-mix(in srgb, var(--account) 9%, var(--paper)); padding: .9rem 1.25rem; margin: .5rem 0 .75rem }
.banner p { margin: .35rem 0 0 }
.tag { display: inline-block; padding: .05rem .55rem; border: 1px solid var(--account); border-radius: 99px; font-size: .85rem; font-weight: 600 }
label { display: block; font-weight: 600; font-size: .9rem; margin: .75rem 0 .25rem }
input, select, textarea, button, .button { font: inherit; color: inherit }
input, select, textarea { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; background: var(--paper); border: 1px solid #8391a7; border-radius: 8px }
textarea { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .8rem; line-height: 1.5; resize: vertical; white-space: pre; overflow: auto }
button, .button { display: inline-block; min-height: 2.75rem; padding: .55rem 1.1rem; background: var(--paper); border: 1px solid var(--line); border-radius: 8px; cursor: pointer; text-decoration: none; font-weight: 600 }
button:hover, .button:hover { border-color: var(--accent) }
.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
.primary:hover { filter: brightness(1.08) }
.quiet { border-color: transparent; background: none; color: var(--soft); padding-inline: .5rem; font-weight: 400 }
.search { display: flex; gap: .5rem; flex: 1 1 18rem; max-width: 28rem }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; margin-top: 1rem }
.note { border: 1px solid var(--line); border-left: 4px solid var(--warn); background: var(--warn-wash); border-radius: 8px; padding: .75rem 1rem; margin: 0 0 1.25rem }
.bad { border-left-color: var(--bad); background: var(--bad-wash) }
.note ul { margin: .25rem 0; padding-left: 1.2rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: .5rem 0 } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
.scroll { overflow-x: auto }
table { width: 100%; border-collapse: collapse; font-size: .92rem } th { text-align: left; color: var(--soft); font-weight: 600; white-space: nowrap } th, td { padding: .55rem .75rem .55rem 0; border-bottom: 1px solid var(--line); vertical-align: top } td { overflow-wrap: break-word } td code, td summary { white-space: nowrap; font-size: .8rem }
td.when { white-space: nowrap }
details summary { cursor: pointer; padding: .25rem 0 } pre { margin: .25rem 0; padding: .75rem; background: var(--wash); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; font-size: .8rem; white-space: pre-wrap; overflow-wrap: anywhere }
.fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: 0 1rem; align-items: end }
.state-issued, .state-allowed { color: var(--good) } .state-denied, .state-refused, .state-failed, .state-unresolved { color: var(--bad) }
.live { min-height: 1.5rem; margin: .25rem 0; color: var(--good); font-weight: 600 }
[hidden] { display: none !important }
footer { padding: 0 1rem 2rem; text-align: center; color: var(--soft); font-size: .85rem }
@media (max-width: 40rem) {
  main { padding-top: 1.25rem } .roles a { grid-template-columns: 1fr; gap: .1rem } .who { width: 100%; justify-content: space-between } .bar nav { order: 3; width: 100%; flex-basis: 100%; overflow-x: auto }
  table.stack thead { position: absolute; left: -999rem } table.stack tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line) } table.stack td { display: grid; grid-template-columns: 7rem 1fr; gap: .5rem; border: 0; padding: .15rem 0 } table.stack td::before { content: attr(data-label); color: var(--soft) }
}
@media (prefers-reduced-motion: no-preference) { a, button { transition: background-color .12s, border-color .12s } }
`;
