import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { drawSampleClip, frameRate, hardCuts, shots } from "../examples/sample-clip.ts";
import { openVideo } from "../src/data/video/open.ts";

const folder = mkdtempSync(join(tmpdir(), "gatefold-sample-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("the sample clip lasts a minute, with hard cuts at whole frames and one fade", () => {
  expect(shots.reduce((sum, { length }) => sum + length, 0)).toBe(60);
  expect(hardCuts).toHaveLength(shots.length - 2);
  for (const cut of hardCuts) expect(Number.isInteger(cut * frameRate)).toBe(true);
});

test("its first seconds have sound, and change most by far at the cuts", async () => {
  const file = join(folder, "sample.mp4");
  await drawSampleClip(file, { seconds: 13 });
  const reader = await openVideo(file, { decoder: "webcodecs" });
  const sampling = reader.sample({ fps: 1, size: 32 });
  for await (const _ of sampling.frames);
  await reader.close();
  expect(sampling.info()).toMatchObject({ width: 640, height: 360, frames: 325, fps: 25, audio: true });
  const { change } = sampling.scan();
  const largest = [...change.keys()].sort((a, b) => change[b] - change[a]);
  const cuts = hardCuts.filter((cut) => cut < 13).map((cut) => cut * frameRate);
  expect(largest.slice(0, cuts.length).sort((a, b) => a - b)).toEqual(cuts);
  expect(change[largest[cuts.length]]).toBeLessThan(change[largest[cuts.length - 1]] / 2);
});
