/** Style of the report: system fonts, light and dark, phone to desktop, print. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --paper: #f6f5f2; --card: #fffefc; --ink: #1d1f24; --soft: #686d78; --line: #e3e0d8;
  --band: #f1eee8; --accent: #d9480f; --accent-soft: #ffe3d3; --accent-ink: #b23a09; --curve: #4a5161; --fill: #4a516122;
  --shadow: 0 1px 2px #1d1f2410, 0 8px 28px #1d1f240d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131417; --card: #1c1e22; --ink: #eceae4; --soft: #9a9fab; --line: #2e3138;
    --band: #24272c; --accent: #ff8a4c; --accent-soft: #4a2a18; --accent-ink: #ffa06b; --curve: #b7bdca; --fill: #b7bdca26;
    --shadow: 0 1px 2px #0006, 0 8px 28px #0004;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  -webkit-text-size-adjust: 100%;
}
main, header, footer { max-width: 1120px; margin: 0 auto; padding: 0 clamp(16px, 4vw, 40px); }
header { padding-top: clamp(24px, 5vw, 52px); padding-bottom: 20px; }
.mark { display: flex; align-items: center; gap: 9px; margin: 0 0 14px; color: var(--soft); font-size: 14px; }
.mark svg { width: 20px; height: 20px; fill: var(--accent); }
h1 {
  margin: 0; font-size: clamp(25px, 4.6vw, 42px); line-height: 1.15; font-weight: 680; letter-spacing: -.02em;
  overflow-wrap: anywhere; text-wrap: balance;
}
h2 { margin: 0 0 14px; font-size: 19px; font-weight: 640; letter-spacing: -.01em; }
.lead { margin: 10px 0 0; color: var(--soft); font-size: clamp(16px, 2vw, 18px); }
.lead b { color: var(--ink); font-weight: 600; }
section { margin-bottom: clamp(28px, 4vw, 44px); }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: 16px; box-shadow: var(--shadow);
  padding: clamp(14px, 2.2vw, 24px);
}
.notes { margin: 0 0 24px; padding: 12px 16px; border-left: 3px solid var(--accent); background: var(--accent-soft); border-radius: 0 10px 10px 0; }
.notes p { margin: 0; }

.hero { display: grid; gap: clamp(16px, 2.4vw, 28px); grid-template-columns: minmax(0, 1fr); align-items: start; }
@media (min-width: 820px) { .hero { grid-template-columns: minmax(0, 1.65fr) minmax(0, 1fr); } }
.hero video {
  display: block; width: 100%; max-height: 70vh; background: #000; border-radius: 16px; box-shadow: var(--shadow);
}
.facts { margin: 0; display: grid; grid-template-columns: repeat(2, 1fr); gap: 18px 14px; }
.facts div { min-width: 0; }
.facts dt { color: var(--soft); font-size: 13.5px; }
.facts dd { margin: 0; font-size: 20px; font-weight: 620; letter-spacing: -.01em; font-variant-numeric: tabular-nums; }
.facts .big { grid-column: 1 / -1; padding-bottom: 16px; border-bottom: 1px solid var(--line); }
.facts .big dd { font-size: clamp(34px, 5vw, 46px); line-height: 1.15; font-weight: 680; color: var(--accent-ink); }
.facts .big small { font-size: 16px; font-weight: 450; color: var(--soft); letter-spacing: 0; white-space: nowrap; }

.timeline { position: relative; touch-action: pan-y; cursor: crosshair; outline-offset: 6px; border-radius: 8px; user-select: none; -webkit-user-select: none; }
.timeline:focus-visible, button:focus-visible, summary:focus-visible, a:focus-visible { outline: 3px solid var(--accent); }
.strip { display: flex; height: clamp(44px, 6.2vw, 66px); border-radius: 8px 8px 0 0; overflow: hidden; background: var(--band); }
.strip img { flex: 1 1 0; min-width: 0; width: 0; height: 100%; object-fit: cover; display: none; pointer-events: none; }
@media (min-width: 820px) { .strip .wide { display: block; } }
@media (max-width: 819px) { .strip .narrow { display: block; } }
.plot { position: relative; height: clamp(120px, 16vw, 176px); }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; display: block; border-radius: 0 0 8px 8px; }
.shot { fill: var(--band); }
.shot.even { fill: none; }
.shot.selected { fill: var(--accent-soft); }
.roof { fill: var(--accent); }
.area { fill: var(--fill); }
.curve { fill: none; stroke: var(--curve); stroke-width: 1.75; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.pin {
  position: absolute; width: 13px; height: 13px; margin: -6.5px 0 0 -6.5px; border-radius: 50%;
  background: var(--accent); border: 2px solid var(--card); pointer-events: none;
}
.pin.out { background: var(--card); border-color: var(--accent); }
.cursor { position: absolute; top: 0; bottom: 0; width: 2px; margin-left: -1px; background: var(--ink); pointer-events: none; }
.axis { position: relative; height: 22px; margin-top: 6px; font-size: 12.5px; color: var(--soft); font-variant-numeric: tabular-nums; }
.axis span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.axis span:first-child { transform: none; }
.axis span:last-child { transform: translateX(-100%); }
.preview {
  position: absolute; z-index: 2; bottom: calc(100% + 10px); width: 176px; padding: 6px; margin: 0; pointer-events: none;
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: 0 10px 34px #0004; font-size: 13px; line-height: 1.35;
}
.preview img { display: block; width: 100%; max-height: 190px; object-fit: contain; border-radius: 7px; background: #000; }
.preview figcaption { padding: 6px 4px 1px; font-variant-numeric: tabular-nums; }
.preview b { font-size: 15px; }
.preview span { color: var(--soft); display: block; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 20px; margin: 14px 0 0; padding: 0; list-style: none; font-size: 13.5px; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: 8px; }
.legend i { width: 18px; height: 12px; border-radius: 3px; }
.legend .in { background: var(--accent-soft); border-top: 3px solid var(--accent); }
.legend .dot { width: 12px; height: 12px; border-radius: 50%; background: var(--accent); }
.legend .score { height: 0; border-top: 2px solid var(--curve); border-radius: 0; }

.gallery { display: grid; gap: clamp(12px, 1.8vw, 20px); grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr)); margin: 0; padding: 0; list-style: none; }
.gallery button {
  display: block; width: 100%; padding: 0; border: 1px solid var(--line); border-radius: 14px; overflow: hidden; font: inherit; color: inherit;
  text-align: left; background: var(--card); box-shadow: var(--shadow); cursor: pointer; transition: transform .15s, border-color .15s;
}
.gallery button:hover, .gallery button.near { border-color: var(--accent); }
.gallery button:hover { transform: translateY(-2px); }
.gallery img { display: block; width: 100%; height: auto; background: var(--band); }
.gallery .picture { display: block; position: relative; }
.gallery .in .picture::after {
  content: ""; position: absolute; right: 10px; bottom: 10px; width: 30px; height: 30px; border-radius: 50%;
  background: var(--accent); box-shadow: 0 1px 6px #0006;
}
.gallery .in .picture::before {
  content: ""; position: absolute; z-index: 1; right: 19px; bottom: 18px; border: 7px solid transparent;
  border-left: 11px solid #fff; border-right: 0;
}
.gallery .caption { display: flex; justify-content: space-between; align-items: baseline; gap: 10px; padding: 10px 14px 12px; }
.gallery b { font-size: 19px; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.gallery small { color: var(--soft); font-size: 13.5px; font-variant-numeric: tabular-nums; }
@media (max-width: 560px) { .gallery { grid-template-columns: repeat(2, minmax(0, 1fr)); } .gallery .caption { display: block; padding: 8px 10px 10px; } .gallery b { font-size: 17px; display: block; } }
@media (prefers-reduced-motion: reduce) { .gallery button { transition: none; } .gallery button:hover { transform: none; } }

summary { cursor: pointer; font-size: 19px; font-weight: 640; }
.scroll { overflow-x: auto; margin-top: 12px; }
table { border-collapse: collapse; width: 100%; font-size: 14.5px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 550; color: var(--soft); font-size: 13px; }
th, td { padding: 7px 14px 7px 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
.number { text-align: right; }
tr.selected td:first-child { box-shadow: inset 3px 0 var(--accent); }
td:first-child, th:first-child { padding-left: 12px; }
.bar { display: inline-block; width: clamp(60px, 14vw, 140px); height: 7px; margin-right: 10px; border-radius: 4px; background: var(--line); vertical-align: middle; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--curve); }
tr.selected .bar i { background: var(--accent); }
.chip { padding: 1px 9px; border-radius: 99px; background: var(--accent-soft); color: var(--accent-ink); font-size: 12.5px; font-weight: 600; }
footer { padding-bottom: 48px; color: var(--soft); font-size: 13.5px; }
footer p { margin: 0 0 6px; max-width: 76ch; }
footer a { color: inherit; }
[hidden] { display: none !important; }
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc; --band: #f2f2f2; --accent: #c2410c; --accent-soft: #fde3d3; --accent-ink: #9a3412; --curve: #333; --fill: #3332; --shadow: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .hero { grid-template-columns: 1fr; }
  .hero video, .preview, .cursor { display: none; }
  .gallery { grid-template-columns: repeat(3, 1fr); }
  .gallery li, .card, tr { break-inside: avoid; }
}
`;
