import { describe, expect, it } from "vitest";
import type { Summary } from "../summary.ts";
import { type ReportPictures, renderReport } from "./report.ts";
import { clock, duration, escapeHtml, percent } from "./words.ts";

const pixel = "data:image/jpeg;base64,/9j/";

function summaryOf(changes: Partial<Summary> = {}, file = "talk.mp4"): Summary {
  return {
    format: "gatefold-summary",
    version: 1,
    video: { file, width: 640, height: 360, duration: 30, frames: 750, fps: 25, codec: "h264" },
    shots: [
      { startFrame: 0, endFrame: 250, startTime: 0, endTime: 10, score: 0.2, selected: false },
      { startFrame: 250, endFrame: 350, startTime: 10, endTime: 14, score: 0.9, selected: true },
      { startFrame: 350, endFrame: 750, startTime: 14, endTime: 30, score: 0.4, selected: false },
    ],
    keyframes: [{ frame: 275, time: 11, shot: 1, file: "keyframes/frame-000275.jpg" }],
    frames: Array.from({ length: 60 }, (_, k) => ({ time: k / 2, score: (k % 7) / 7 })),
    settings: {
      share: 0.15,
      fps: 2,
      fast: false,
      maxKeyframes: 12,
      features: "built-in",
      model: "fit",
      weights: null,
      adapted: false,
      decoder: "ffmpeg",
    },
    seed: 1,
    warnings: [],
    versions: { gatefold: "0.1.0" },
    ...changes,
  };
}

const pictures: ReportPictures = {
  keyframes: [{ frame: 275, time: 11, uri: pixel }],
  strip: Array.from({ length: 40 }, (_, k) => ({ frame: 18 * k, time: 0.75 * k, uri: pixel })),
};

const render = (changes?: Partial<Summary>, file?: string) =>
  renderReport(summaryOf(changes, file), pictures);

describe("the report", () => {
  it("asks for nothing but the skim and summary.json beside it", () => {
    const targets = [...render().matchAll(/(?:src="|href="|poster="|url\()([^")]+)/g)].map(
      ([, target]) => target,
    );
    const outside = targets.filter((target) => !target.startsWith("data:"));
    expect([...new Set(outside)].sort()).toEqual(["skim.mp4", "summary.json"]);
    expect(render()).not.toMatch(/https?:|@import|fetch\(|XMLHttpRequest/);
  });

  it("escapes what comes from the file name, in text, attributes and data", () => {
    const page = render({ warnings: ["cut off <i>here</i>"] }, `in/<script>alert("1")<script> & 'x'.mp4`);
    expect(page).not.toMatch(/<script>alert|<i>here/);
    expect(page).toContain("&#60;script&#62;");
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(render({ settings: { ...summaryOf().settings, features: "</script><b>" } })).not.toContain(
      "</script><b>",
    );
  });

  it("shows name, key frames with times, and every shot", () => {
    const page = render();
    expect(page).toMatch(/<title>talk\.mp4/);
    expect(page).toContain('alt="Key frame at 0:11.0, shot 2"');
    expect(page.match(/class="shot /g)).toHaveLength(3);
    expect(page.match(/class="shot selected"/g)).toHaveLength(1);
    expect(page.match(/class="pin"/g)).toHaveLength(1);
    expect(page.match(/<tr/g)).toHaveLength(4);
  });

  it("gives every picture an alternative text", () => {
    expect(render().match(/<img(?![^>]*\salt=)/g)).toBeNull();
  });

  it("draws a video of one frame, and one where nothing is important", () => {
    const still = summaryOf({
      video: { ...summaryOf().video, duration: 0.04, frames: 1 },
      shots: [{ startFrame: 0, endFrame: 1, startTime: 0, endTime: 0.04, score: 0, selected: true }],
      keyframes: [{ frame: 0, time: 0, shot: 0, file: "keyframes/frame-000000.jpg" }],
      frames: [{ time: 0, score: 0 }],
    });
    const [markup] = renderReport(still, pictures).split("<script>");
    expect(markup).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("keeps the curve of a long video small", () => {
    const frames = Array.from({ length: 20_000 }, (_, k) => ({ time: k / 2, score: Math.abs(Math.sin(k)) }));
    const page = render({ frames, video: { ...summaryOf().video, duration: 10_000 } });
    const [curve] = page.match(/class="curve" d="[^"]*/)!;
    expect(curve.split("L").length).toBeLessThanOrEqual(1001);
  });
});

describe("words", () => {
  it.each([
    [0, 0, "0:00"],
    [59.99, 0, "0:59"],
    [29.9999999, 0, "0:30"],
    [75.25, 1, "1:15.2"],
    [3600, 0, "1:00:00"],
    [3725.5, 1, "1:02:05.5"],
  ])("writes %f s with %i decimals as %s", (seconds, decimals, text) => {
    expect(clock(seconds, decimals)).toBe(text);
  });

  it.each([
    [0.04, "0.04 seconds"],
    [4.54, "4.5 seconds"],
    [34.3, "34 seconds"],
    [60, "1 minute"],
    [139.4, "2 minutes 19 seconds"],
    [7290, "2 hours 1 minute"],
  ])("writes a duration of %f s as %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it("writes shares", () => {
    expect([percent(0.15), percent(0.025), percent(1)]).toEqual(["15 %", "2.5 %", "100 %"]);
  });

  it("escapes all that ends text or a quoted attribute", () => {
    expect(escapeHtml(`<a b='c' d="e">&`)).toBe("&#60;a b=&#39;c&#39; d=&#34;e&#34;&#62;&#38;");
  });
});
