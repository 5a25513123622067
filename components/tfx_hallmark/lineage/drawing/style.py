"""The style of drawn graphs. Every rule is scoped by the class `lineage`, and every colour is a variable.

Whoever shows a drawing gives the variables: `STANDALONE` for a file and a notebook, a page its own.
"""

RULES = """\
.lineage-svg { display: block; font-family: var(--lineage-font, sans-serif); }
.lineage-svg text { fill: var(--lineage-ink); }
.lineage-svg .title { font-size: 13px; font-weight: 600; }
.lineage-svg .detail { font-size: 11.5px; fill: var(--lineage-ink-soft); }
.lineage-svg .box { stroke-width: 1.25; }
.lineage-svg .artifact .box { fill: var(--lineage-paper); stroke: var(--lineage-artifact); }
.lineage-svg .execution .box { fill: var(--lineage-execution-soft); stroke: var(--lineage-execution); }
.lineage-svg .bar { stroke: none; }
.lineage-svg .artifact .bar { fill: var(--lineage-artifact); }
.lineage-svg .about .box { fill: var(--lineage-about-soft); stroke: var(--lineage-about); stroke-width: 2.5; }
.lineage-svg .about .bar { fill: var(--lineage-about); }
.lineage-svg .cut .box { stroke-dasharray: 5 4; }
.lineage-svg .failed .box { stroke: var(--lineage-bad); stroke-dasharray: 2 3; }
.lineage-svg .edge { fill: none; stroke: var(--lineage-line); stroke-width: 1.25; stroke-linejoin: round; }
.lineage-svg a { cursor: pointer; text-decoration: none; }
.lineage-svg a:hover .box { stroke-width: 2.5; }
.lineage-svg .node:focus { outline: none; }
.lineage-svg .node:focus-visible .box { stroke: var(--lineage-lit); stroke-width: 3; }
.lineage-svg.chosen .node, .lineage-svg.chosen .edge { opacity: 0.35; }
.lineage-svg.chosen .node.lit, .lineage-svg.chosen .edge.lit, .lineage-svg.chosen .node:focus-visible { opacity: 1; }
.lineage-svg.chosen .edge.lit { stroke: var(--lineage-lit); stroke-width: 1.75; }
.lineage-svg .node.picked .box { stroke: var(--lineage-lit); stroke-width: 3; }
"""

STANDALONE = """\
.lineage { color-scheme: light dark; --lineage-font: -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --lineage-paper: #ffffff; --lineage-ink: #161b22; --lineage-ink-soft: #46505e; --lineage-line: #8b95a3;
  --lineage-artifact: #1f53b5; --lineage-execution: #7d5200; --lineage-execution-soft: #fbf1dd;
  --lineage-about: #17693f; --lineage-about-soft: #e3f3ea; --lineage-bad: #b3202f; --lineage-lit: #1f53b5; }
@media (prefers-color-scheme: dark) {
  .lineage { --lineage-paper: #171c23; --lineage-ink: #e7ebf0; --lineage-ink-soft: #b3bcc8; --lineage-line: #6c7889;
    --lineage-artifact: #8ab1ff; --lineage-execution: #e6b65c; --lineage-execution-soft: #33270f;
    --lineage-about: #62cd94; --lineage-about-soft: #14301f; --lineage-bad: #ff8d96; --lineage-lit: #8ab1ff; }
}
"""
