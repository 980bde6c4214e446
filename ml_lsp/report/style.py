"""The look of the HTML report."""

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --critical: #c62828; --warning: #b26a00;
  --info: #1565c0; --hint: #00796b; }
@media (prefers-color-scheme: dark) { :root { --critical: #ff8a80; --warning: #ffcc66; --info: #82b1ff;
  --hint: #80cbc4; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main, footer { max-width: 62rem; margin: 0 auto; padding: 1rem 1.5rem; }
footer { border-top: 1px solid var(--line); font-size: .85rem; opacity: .7; }
h3 { font: 600 1rem ui-monospace, monospace; overflow-wrap: anywhere; margin: 2rem 0 .5rem; }
.tally { display: flex; flex-wrap: wrap; gap: .75rem; list-style: none; padding: 0; }
.tally li { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem 1rem; }
.tally b { display: block; font-size: 1.5rem; }
article { border-left: 4px solid var(--line); padding: .25rem 0 .25rem 1rem; margin: 1rem 0; }
article p { margin: .25rem 0; }
article.critical { border-color: var(--critical); } article.warning { border-color: var(--warning); }
article.info { border-color: var(--info); } article.hint { border-color: var(--hint); }
.badge { border: 1px solid; border-radius: .75rem; font-size: .75rem; font-weight: 600; padding: 0 .5rem; }
.critical .badge, .badge.critical, .tally .critical b { color: var(--critical); }
.warning .badge, .badge.warning, .tally .warning b { color: var(--warning); }
.info .badge, .badge.info, .tally .info b { color: var(--info); }
.hint .badge, .badge.hint, .tally .hint b { color: var(--hint); }
.place, small { opacity: .7; }
pre, code { font: .875rem/1.45 ui-monospace, monospace; }
pre { background: var(--soft); border-radius: .375rem; overflow-x: auto; padding: .75rem; }
mark { background: #ffd54f66; color: inherit; border-radius: .2rem; }
.number { opacity: .5; user-select: none; }
details { border-bottom: 1px solid var(--line); padding: .5rem 0; }
summary { cursor: pointer; }
.note, .fix { font-size: .9rem; }
"""
