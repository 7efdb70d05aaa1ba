import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync } from "fflate";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { readNpy } from "../../../data/npy.ts";
import { FrameDescriber } from "./descriptor.ts";
import { histogramWidth, shotHistogram } from "./shot-histogram.ts";

const side = 224;

async function histogramOfPicture(file: string | Buffer): Promise<Float32Array> {
  const data = await sharp(file).removeAlpha().resize(side, side, { fit: "fill" }).raw().toBuffer();
  return shotHistogram(new FrameDescriber().next({ data, width: side, height: side }).descriptor);
}

test("a picture of one color has its three bins: blue's, green's and red's", async () => {
  const background = { r: 250, g: 100, b: 17 };
  const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .png()
    .toBuffer();
  const histogram = await histogramOfPicture(picture);
  const filled = [...histogram.entries()].filter(([, share]) => share > 0);
  expect(filled).toEqual([
    [17 >> 3, 1],
    [32 + (100 >> 3), 1],
    [64 + (250 >> 3), 1],
  ]);
});

const data = "../shared/data/video-summaries";

/** Published histograms and durations of a video's shots. */
async function published(video: string) {
  const zip = unzipSync(await readFile(join(data, "shot-histograms/summe.zip")));
  const [histograms, durations] = ["shots_features", "shots_durations"].map(
    (name) => readNpy(zip[`summe_for_total_distance/${video}/${name}.npy`], name).data,
  );
  return { histograms, durations };
}

describe.skipIf(!existsSync(data))("histograms of real frames (skipped without ../shared/data)", () => {
  test.each(["paluma_jump", "playing_ball"])(
    "are like the published one of their shot, and less like those of others, in %s",
    async (video) => {
      const { histograms, durations } = await published(video);
      const shots = durations.length;
      const files = new Set(await readdir(join(data, "frames", video)));
      let [asked, start] = [0, 0];
      for (let shot = 0; shot < shots; shot++) {
        const middle = start + Math.floor(Number(durations[shot]) / 2);
        start += Number(durations[shot]);
        // Every 15th frame is there: only shots whose middle one is at most two away can be compared.
        const frame = Math.round(middle / 15) * 15;
        const file = `frame${String(frame).padStart(5, "0")}.jpg`;
        if (Math.abs(frame - middle) > 2 || !files.has(file)) continue;
        const own = await histogramOfPicture(join(data, "frames", video, file));
        const distances = Array.from({ length: shots }, (_, other) => {
          let sum = 0;
          for (let k = 0; k < histogramWidth; k++)
            sum += Math.abs(own[k] - Number(histograms[other * histogramWidth + k]));
          return sum;
        });
        asked++;
        const others = distances.filter((_, other) => other !== shot);
        expect(distances[shot]).toBeLessThan(others.reduce((a, b) => a + b) / others.length);
        // Of 6, what two histograms without a common color are apart: frames were coded twice since.
        expect(distances[shot]).toBeLessThan(0.6);
      }
      expect(asked).toBeGreaterThan(2);
    },
  );
});
