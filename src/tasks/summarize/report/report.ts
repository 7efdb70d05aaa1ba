import { basename } from "node:path";
import type { Shot, Summary } from "../summary.ts";
import { reportScript } from "./script.ts";
import { reportStyle } from "./style.ts";
import { renderTimeline } from "./timeline.ts";
import { clock, duration, escapeHtml, percent } from "./words.ts";

/** A small picture for the report, as a data URI. */
export interface ReportPicture {
  frame: number;
  time: number;
  uri: string;
}

export interface ReportPictures {
  /** In the order of summary.keyframes. */
  keyframes: readonly ReportPicture[];
  /** Evenly spread over the video. */
  strip: readonly ReportPicture[];
}

/**
 * The report page: one HTML file that needs no network. Only the skim is apart from it, beside it, as skim.mp4.
 */
export function renderReport(summary: Summary, pictures: ReportPictures): string {
  const name = escapeHtml(basename(summary.video.file));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Gatefold ${escapeHtml(summary.versions.gatefold ?? "")}">
<title>${name}: key moments</title>
<link rel="icon" href="data:,">
<style>${reportStyle}</style>
</head>
<body>
<header>
<p class="mark"><svg viewBox="0 0 20 20" aria-hidden="true"><path d="M1 3.5 7 1v15L1 18.5zM8.2 1h3.6v15H8.2zM13 1l6 2.5v15L13 16z"/></svg>Key moments, found by Gatefold</p>
<h1>${name.replace(/[-_.]/g, "$&<wbr>")}</h1>
<p class="lead">${lead(summary)}</p>
</header>
<main>
${warnings(summary)}<section class="hero" aria-label="The skim">
<video src="skim.mp4" controls playsinline preload="metadata"${poster(summary, pictures)} style="aspect-ratio:${summary.video.width}/${summary.video.height}"></video>
${facts(summary)}
</section>
<section class="card" aria-labelledby="timeline">
<h2 id="timeline">The whole video</h2>
${renderTimeline(summary, pictures.strip)}
</section>
<section aria-labelledby="moments">
<h2 id="moments">Key moments</h2>
<ul class="gallery">
${summary.keyframes.map((_, i) => moment(summary, pictures, i)).join("\n")}
</ul>
</section>
<section class="card">
<details>
<summary>All ${count(summary.shots.length, "shot")}</summary>
${shotTable(summary.shots)}
</details>
</section>
</main>
<footer>
${colophon(summary)}
</footer>
<script type="application/json" id="data">${pageData(summary, pictures)}</script>
<script>${reportScript}</script>
</body>
</html>
`;
}

function lead({ video, shots, keyframes }: Summary): string {
  const selected = shots.filter((shot) => shot.selected);
  return (
    `${duration(video.duration)} in <b>${count(shots.length, "shot")}</b>, <b>${selected.length}</b> of them in the skim, ` +
    `and <b>${count(keyframes.length, "key moment")}</b> to see at a glance.`
  );
}

function warnings(summary: Summary): string {
  if (summary.warnings.length === 0) return "";
  const lines = summary.warnings.map((text) => `<p>${escapeHtml(text)}</p>`).join("");
  return `<div class="notes" role="note">${lines}</div>\n`;
}

/** The skim opens on its own first key frame. */
function poster({ keyframes, shots }: Summary, pictures: ReportPictures): string {
  const first = keyframes.findIndex(({ shot }) => shots[shot].selected);
  return first < 0 ? "" : ` poster="${pictures.keyframes[first].uri}"`;
}

function facts({ video, shots, keyframes }: Summary): string {
  const kept = shots.filter(({ selected }) => selected);
  const skim = kept.reduce((sum, { startTime, endTime }) => sum + endTime - startTime, 0);
  const fact = (term: string, value: string) => `<div><dt>${term}</dt><dd>${value}</dd></div>`;
  return `<dl class="facts card">
<div class="big"><dt>Skim</dt><dd>${clock(skim, skim < 60 ? 1 : 0)} <small>of ${clock(video.duration)} · ${percent(skim / video.duration)}</small></dd></div>
${fact("Shots kept", `${kept.length} of ${shots.length}`)}
${fact("Key moments", String(keyframes.length))}
${fact("Picture", `${video.width} × ${video.height}`)}
${fact("Frames a second", String(Number(video.fps.toFixed(2))))}
${fact("Frames", video.frames.toLocaleString("en"))}
${fact("Codec", escapeHtml(video.codec.toUpperCase()))}
</dl>`;
}

function moment({ keyframes, shots, video }: Summary, pictures: ReportPictures, i: number): string {
  const { time, shot } = keyframes[i];
  const { selected, score } = shots[shot];
  const at = clock(time, video.duration < 120 ? 1 : 0);
  const action = selected
    ? `Play the moment at ${at} in the skim`
    : `Show the moment at ${at} on the timeline`;
  return (
    `<li><button type="button" data-time="${time}"${selected ? ' class="in"' : ""} aria-label="${action}">` +
    `<span class="picture"><img src="${pictures.keyframes[i].uri}" alt="Key frame at ${at}, shot ${shot + 1}" ` +
    `width="${video.width}" height="${video.height}" loading="lazy"></span>` +
    `<span class="caption"><b>${at}</b><small>shot ${shot + 1} · score ${score.toFixed(2)}</small></span></button></li>`
  );
}

function shotTable(shots: readonly Shot[]): string {
  const rows = shots.map(
    ({ startTime, endTime, startFrame, endFrame, score, selected }, i) =>
      `<tr${selected ? ' class="selected"' : ""}><td>${i + 1}</td><td>${clock(startTime, 1)}</td><td>${clock(endTime, 1)}</td>` +
      `<td class="number">${(endTime - startTime).toFixed(1)} s</td><td class="number">${startFrame}–${endFrame - 1}</td>` +
      `<td><span class="bar"><i style="width:${(100 * score).toFixed(1)}%"></i></span>${score.toFixed(2)}</td>` +
      `<td>${selected ? '<span class="chip">in the skim</span>' : ""}</td></tr>`,
  );
  return `<div class="scroll"><table>
<thead><tr><th>Shot</th><th>From</th><th>To</th><th class="number">Length</th><th class="number">Frames</th><th>Importance</th><th><span hidden>Skim</span></th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody></table></div>`;
}

function colophon({ settings, seed, versions }: Summary): string {
  const fitted =
    "recurrent network was fitted to this video alone, without labels, to find frames that differ from one another and stand for the rest.";
  const { model, weights, adapted } = settings;
  const origin =
    weights === null
      ? `networks that Gatefold brings along (${model}, trained on 75 other videos)`
      : `a network with the weights ${escapeHtml(weights)}`;
  const learned =
    model === "fit"
      ? `A ${fitted}`
      : `Importance comes from ${origin}.${adapted ? ` Another ${fitted}` : ""}`;
  const made = Object.entries(versions).map(
    ([name, version]) => `${escapeHtml(name)} ${escapeHtml(version)}`,
  );
  return `<p>${learned} Shots were chosen for the greatest summed importance within ${percent(settings.share)} of the video.</p>
<p>${settings.fps} frames a second${settings.fast ? ", coded key frames only" : ""} · features: ${escapeHtml(settings.features)} · decoder: ${settings.decoder} · seed ${seed} · ${made.join(" · ")} · <a href="summary.json">summary.json</a></p>`;
}

/** What the script reads: shots as [start, end, selected, start in the skim], seconds. */
function pageData({ video, shots, frames }: Summary, { strip }: ReportPictures): string {
  let inSkim = 0;
  const spans = shots.map(({ startTime, endTime, selected }) => {
    const span = [startTime, endTime, selected ? 1 : 0, round(inSkim)];
    if (selected) inSkim += endTime - startTime;
    return span;
  });
  const data = {
    duration: video.duration,
    shots: spans,
    starts: shots.map(({ startTime }) => startTime),
    times: frames.map(({ time }) => round(time)),
    scores: frames.map(({ score }) => round(score)),
    strip: strip.map(({ time }) => round(time)),
  };
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

const round = (value: number) => Math.round(value * 1000) / 1000;

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
