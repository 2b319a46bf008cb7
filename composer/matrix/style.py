"""How the page of a matrix looks, and the few keys that it knows."""

from __future__ import annotations

from typing import Final

__all__ = ["SCRIPT", "STYLE"]

STYLE: Final = """\
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1c2128; --soft: #59636e; --line: #d1d9e0; --head: #f6f8fa; --focus: #0550ae;
  --yes: #dafbe1; --retitled: #ddf4ff; --replaced: #fff8c5; --stale: #ffd8b5; --gated: #eae6fb; --removed: #ffebe9;
  --mixed: #fff8c5; --none: #eef1f4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1117; --text: #e6edf3; --soft: #9aa4af; --line: #3d444d; --head: #161b22; --focus: #79c0ff;
    --yes: #12361f; --retitled: #0c2d48; --replaced: #3a2f06; --stale: #5a2e0c; --gated: #2b2350; --removed: #4a1a1a;
    --mixed: #3a2f06; --none: #161b22;
  }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem 1rem 9rem; background: var(--page); color: var(--text); font: 16px/1.45 system-ui, sans-serif; }
main { max-width: 90rem; margin: 0 auto; }
h1, h2, p, dd { overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.2rem; margin-top: 2.5rem; }
a { color: var(--focus); }
code { font: 0.9em ui-monospace, monospace; }
.box { width: fit-content; max-width: 100%; max-height: 85vh; overflow: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: separate; border-spacing: 0; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: 0.4rem 0.6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { position: sticky; top: 0; z-index: 2; background: var(--head); white-space: nowrap; }
th:first-child { position: sticky; left: 0; z-index: 1; min-width: 9rem; max-width: 22rem; background: var(--head);
  border-right: 1px solid var(--line); font-weight: 600; overflow-wrap: anywhere; }
thead th:first-child { z-index: 3; }
tbody th { font-size: 0.95rem; }
.words, .kind { color: var(--soft); font-size: 0.85rem; font-weight: 400; }
.words { display: block; }
.count { text-align: right; }
.state { display: inline-block; min-height: 1.7rem; padding: 0.1rem 0.5rem; border-radius: 4px; background: var(--none);
  font-size: 0.9rem; white-space: nowrap; cursor: help; }
td > .state:focus, td:hover > .state, .box:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
.yes { background: var(--yes); }
.retitled { background: var(--retitled); }
.replaced { background: var(--replaced); }
.stale { background: var(--stale); }
.gated { background: var(--gated); }
.removed { background: var(--removed); }
.mixed { background: var(--mixed); }
.absent, .empty { color: var(--soft); }
.reason { display: none; position: fixed; z-index: 4; left: 0; right: 0; bottom: 0; max-height: 8rem; overflow: auto;
  padding: 0.75rem 1rem; background: var(--head); border-top: 2px solid var(--focus); font-size: 0.95rem; overflow-wrap: anywhere; }
.reason > span { display: block; max-width: 90rem; margin: 0 auto; }
td:hover > .reason { display: block; z-index: 5; }
td:focus-within > .reason { display: block; }
.hushed .reason { display: none !important; }
.legend { display: grid; gap: 0.5rem; margin: 0; }
.legend > div { display: flex; gap: 0.75rem; align-items: baseline; }
.legend dt { flex: 0 0 6rem; }
.legend dd { margin: 0; }
.legend .state { cursor: default; }
@media (max-width: 40rem) {
  body { padding-left: 0.5rem; padding-right: 0.5rem; }
  th:first-child { min-width: 42vw; max-width: 42vw; }
  th, td { padding: 0.35rem 0.45rem; }
}
@media print {
  .box { max-height: none; overflow: visible; }
  .reason { display: none !important; }
}
"""

SCRIPT: Final = """\
// Without this script all can be read; with it arrow keys go from cell to cell, and Escape puts the reason away.
(function () {
  const root = document.documentElement;
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { root.classList.add("hushed"); return; }
    const cell = document.activeElement.closest("td");
    const step = steps[event.key];
    if (!cell || !step || event.altKey || event.ctrlKey || event.metaKey) { return; }
    const row = step[0] < 0 ? cell.parentNode.previousElementSibling : step[0] > 0 ? cell.parentNode.nextElementSibling : cell.parentNode;
    const next = row && row.cells[cell.cellIndex + step[1]];
    const target = next && next.querySelector(".state");
    if (target) { event.preventDefault(); target.focus(); }
  });
  document.addEventListener("focusin", function () { root.classList.remove("hushed"); });
  document.addEventListener("pointerover", function () { root.classList.remove("hushed"); });
})();
"""
