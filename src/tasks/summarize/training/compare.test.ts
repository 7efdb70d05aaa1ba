import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { annotatedSet } from "../../../../test/annotated-videos.ts";
import { Judge } from "../evaluation/judge.ts";
import { meanRanks } from "../evaluation/mean-ranks.ts";
import type { InputPart } from "../scoring/network-input.ts";
import { compareNetworks } from "./compare.ts";

const set = annotatedSet(6);
const other = { ...annotatedSet(4, 8), name: "other" };
const changes = { units: 3, width: 2, epochs: 2 };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-compare-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("each fold is trained once with each seed, measured alone and together, and not trained again", async () => {
  const out = join(folder, "canonical");
  const options = { models: [["vslstm"]], changes, setting: "canonical", seeds: 2 } as const;
  const said: string[] = [];
  const evaluation = await compareNetworks([set], out, { ...options, onProgress: (line) => said.push(line) });
  expect(said).toHaveLength(10);
  const names = evaluation!.rows.map(({ name }) => name);
  expect(names.slice(-3)).toEqual(["ridge: features", "vslstm", "vslstm, 2 together"]);
  expect(evaluation!.videos.toSorted()).toEqual(set.videos.map(({ name }) => name));
  // The first feature tells importance up to a curve: a line on it orders the steps as it does.
  expect(evaluation!.rows.at(-3)!.mean.rhoToMean).toBeGreaterThan(0.8);
  const again = await compareNetworks([set], out, { ...options, onProgress: (line) => said.push(line) });
  expect(said).toHaveLength(10);
  expect(again).toEqual(evaluation);
  const other = compareNetworks([set], out, { ...options, changes: { ...changes, units: 4 } });
  await expect(other).rejects.toThrow(
    /made-up-canonical-vslstm-seed1-fold0 has scores of other settings or videos/,
  );
});

test("what is fitted to each video is a row too, and so is a model of several parts", async () => {
  const out = join(folder, "adapted");
  const models = [["fit"], ["vslstm"], ["vslstm", "fit"]] as const;
  const options = { models, changes, setting: "canonical", seeds: 1 } as const;
  const said: string[] = [];
  const evaluation = await compareNetworks([set], out, { ...options, onProgress: (line) => said.push(line) });
  expect(evaluation!.rows.slice(-3).map(({ name }) => name)).toEqual(["fit", "vslstm", "vslstm + fit"]);
  expect(said.filter((line) => line.includes("fitted to"))).toHaveLength(5);
  const kept = async (name: string): Promise<Record<string, number[]>> => {
    const all = await Promise.all(
      [0, 1, 2, 3, 4].map((fold) =>
        readFile(join(out, `made-up-${name}-seed1-fold${fold}`, "scores.json"), "utf8"),
      ),
    );
    return Object.assign({}, ...all.map((text) => JSON.parse(text)));
  };
  const [fit, trained] = [await kept("fit"), await kept("canonical-vslstm")];
  const video = set.videos[2];
  const { perVideo } = evaluation!.rows.at(-1)!;
  const mean = meanRanks([fit[video.name], trained[video.name]]);
  const at = evaluation!.videos.indexOf(video.name);
  expect(perVideo[at].rho).toBeCloseTo(new Judge(video).measure(mean).rho, 12);
  await compareNetworks([set], out, { ...options, onProgress: (line) => said.push(line) });
  expect(said).toHaveLength(10);
});

test("a fit needs features", async () => {
  const bare = { ...set, videos: set.videos.map((video) => ({ ...video, features: undefined })) };
  const options = {
    changes: { inputs: ["position"] satisfies InputPart[] },
    setting: "canonical",
    seeds: 1,
  } as const;
  const comparison = compareNetworks([bare], join(folder, "bare"), { ...options, models: [["fit"]] });
  await expect(comparison).rejects.toThrow(/has no features to fit a network to/);
});

test("a network that learns from other sets alone is trained once for all videos", async () => {
  const out = join(folder, "transfer");
  const evaluation = await compareNetworks([set, other], out, {
    models: [["vslstm"]],
    changes,
    setting: "transfer",
    seeds: 1,
  });
  expect(await readdir(out)).toEqual(["made-up-transfer-vslstm-seed1-fold0"]);
  expect(evaluation!.rows.at(-1)!.perVideo).toHaveLength(6);
  // In the other set, too, it is the first feature that counts.
  expect(evaluation!.rows.at(-2)!.mean.rhoToMean).toBeGreaterThan(0.8);
});

test("Ctrl-C ends it without a table, and leaves what is finished", async () => {
  const out = join(folder, "interrupted");
  const stop = new AbortController();
  const evaluation = await compareNetworks([set], out, {
    models: [["vslstm"]],
    changes,
    setting: "canonical",
    seeds: 1,
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  expect(evaluation).toBeUndefined();
  const finished = (await readdir(out)).sort()[0];
  expect((await stat(join(out, finished, "scores.json"))).isFile()).toBe(true);
});
