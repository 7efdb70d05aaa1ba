import type { Summary } from "../summary.ts";
import type { ReportPicture } from "./report.ts";
import { clock } from "./words.ts";

/** Units of the drawing, which stretches to the width of the page. */
const width = 1000;
const height = 100;

/** Most points of the curve: more than a screen has pixels for one. */
const mostPoints = 1000;

/** Pictures of the strip that show side by side; the others serve the preview. */
const picturesShown = { wide: 16, narrow: 6 };

/** The film strip, the importance curve over the shots, the key frames' places and the time axis. */
export function renderTimeline(summary: Summary, strip: readonly ReportPicture[]): string {
  const { video, shots, keyframes } = summary;
  const x = (time: number) => coordinate((time / video.duration) * width);
  const points = curvePoints(summary);
  const most = Math.max(...points.map(([, score]) => score), 1e-6);
  const y = (score: number) => coordinate(height - (0.88 * height * score) / most);
  const line = points.map(([time, score]) => `${x(time)} ${y(score)}`).join("L");

  const bands = shots.map(({ startTime, endTime, selected }, i) => {
    const kind = selected ? "selected" : i % 2 === 0 ? "odd" : "even";
    const place = `x="${x(startTime)}" width="${coordinate(((endTime - startTime) / video.duration) * width)}"`;
    const roof = selected ? `<rect class="roof" ${place} y="0" height="3"/>` : "";
    return `<rect class="shot ${kind}" ${place} y="0" height="${height}"/>${roof}`;
  });
  const pins = keyframes.map(({ time, shot }) => {
    const top = y(scoreAt(summary, time));
    return `<i class="pin${shots[shot].selected ? "" : " out"}" style="left:${x(time) / 10}%;top:${top}%"></i>`;
  });
  return `<div class="timeline" tabindex="0" role="slider" aria-label="Moment of the video" aria-valuemin="0" aria-valuemax="${video.duration.toFixed(1)}" aria-valuenow="0" aria-valuetext="${clock(0)}">
<div class="strip" aria-hidden="true">${stripImages(strip)}</div>
<div class="plot"><svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true">
${bands.join("\n")}
<path class="area" d="M${x(0)} ${height}L${line}L${x(points.at(-1)![0])} ${height}Z"/>
<path class="curve" d="M${line}"/>
</svg>${pins.join("")}</div>
<div class="cursor" hidden></div>
<figure class="preview" hidden><img alt=""><figcaption><b></b><span></span></figcaption></figure>
</div>
<div class="axis" aria-hidden="true">${ticks(video.duration)}</div>
<ul class="legend"><li><i class="in"></i>in the skim</li><li><i class="dot"></i>key moment</li><li><i class="score"></i>importance</li></ul>`;
}

/** Times and scores, carried to the video's end; where there are too many, the highest of each stretch. */
function curvePoints({ frames, video }: Summary): [time: number, score: number][] {
  const step = Math.ceil(frames.length / mostPoints);
  const points: [number, number][] = [];
  for (let k = 0; k < frames.length; k += step) {
    const stretch = frames.slice(k, k + step);
    points.push([stretch[0].time, Math.max(...stretch.map(({ score }) => score))]);
  }
  points.push([video.duration, points.at(-1)![1]]);
  return points;
}

function scoreAt({ frames }: Summary, time: number): number {
  return (frames.findLast((frame) => frame.time <= time + 1e-6) ?? frames[0]).score;
}

function stripImages(strip: readonly ReportPicture[]): string {
  const wide = evenly(strip, picturesShown.wide);
  const narrow = evenly(strip, picturesShown.narrow);
  return strip
    .map((picture) => {
      const shown = `${wide.has(picture) ? "wide" : ""} ${narrow.has(picture) ? "narrow" : ""}`.trim();
      return `<img src="${picture.uri}" alt="" class="${shown}">`;
    })
    .join("");
}

/** At most `most` of these, evenly spread. */
function evenly<T>(items: readonly T[], most: number): Set<T> {
  const count = Math.min(most, items.length);
  return new Set(
    Array.from({ length: count }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / count)]),
  );
}

/** About five labels at round times, the first and the last at the ends. */
function ticks(duration: number): string {
  const steps = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
  const step = steps.find((seconds) => duration / seconds <= 5) ?? 14400;
  const times = [0];
  for (let time = step; time < 0.85 * duration; time += step) times.push(time);
  times.push(duration);
  const decimals = step < 1 ? 1 : 0;
  return times
    .map(
      (time) => `<span style="left:${coordinate((100 * time) / duration)}%">${clock(time, decimals)}</span>`,
    )
    .join("");
}

const coordinate = (value: number) => Math.round(value * 100) / 100;
