/** Image networks that are fetched once and found again, as a person does it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { mean } from "../src/graph/functions.ts";
import { trace } from "../src/graph/graph.ts";
import { compileToOnnx } from "../src/runtime/session.ts";
import { cachedFile } from "../src/tasks/summarize/features/cache.ts";
import { fetchModel } from "../src/tasks/summarize/features/install.ts";
import { type KnownModel, knownModels } from "../src/tasks/summarize/features/known-models.ts";
import { summarize } from "../src/tasks/summarize/pipeline.ts";
import { steady, writeClip } from "./clips.ts";

const tiny = vi.hoisted(() => ({ name: "tiny" }) as KnownModel);

/** Here, in this process, a tiny network is known too. */
vi.mock("../src/tasks/summarize/features/known-models.ts", async (original) => {
  const { knownModels, ...rest } =
    await original<typeof import("../src/tasks/summarize/features/known-models.ts")>();
  return { ...rest, knownModels: [...knownModels, tiny] };
});

const main = resolve("src/cli/main.ts");
let folder: string;
let server: Server;
let url: string;
let answer: (response: ServerResponse) => void;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-features-"));
  vi.stubEnv("XDG_CACHE_HOME", folder);
  server = createServer((_, response) => answer(response));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/network.onnx`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** Runs `gatefold` in the temporary folder, which is its cache too. */
function run(words: string[], onStart: (child: ChildProcess) => void = () => {}) {
  const child = spawn(process.execPath, ["--no-warnings", main, ...words], { cwd: folder });
  const finished = { code: null as number | null, stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (text) => {
      finished[stream] += text;
    });
  }
  onStart(child);
  return new Promise<typeof finished>((done) => {
    child.on("close", (code) => done({ ...finished, code }));
  });
}

describe("gatefold features", () => {
  it("lists what is known, with its license and address, and what is here", async () => {
    const { code, stdout, stderr } = await run(["features"]);
    expect([code, stderr]).toEqual([0, ""]);
    for (const { name, width, license, url: address } of knownModels.slice(0, -1)) {
      const row = stdout.split("\n").find((line) => line.startsWith(`${name} `));
      expect(row?.split(/\s+/)).toEqual([name, `${width}`, expect.any(String), "MB", license, "no", address]);
    }
    expect(stdout).toContain(join(folder, "gatefold", "features"));
  });

  it("fetch leaves nothing when interrupted half-way, and shows no progress where nobody looks", async () => {
    const { code, stdout, stderr } = await run(
      ["features", "fetch", "mobilenet-v2", "--url", url],
      (child) => {
        answer = (response) => {
          response.write(Buffer.alloc(100_000));
          setTimeout(() => child.kill("SIGINT"), 300);
        };
      },
    );
    expect([code, stdout, stderr]).toEqual([130, "", "Interrupted: nothing was written.\n"]);
    expect(await readdir(join(folder, "gatefold", "features")).catch(() => [])).toEqual([]);
  });

  it.each([
    [
      ["features", "fetch", "vgg"],
      1,
      /^error: No image network called "vgg" is known, only mobilenet-v2, .*\n$/,
    ],
    [
      ["features", "fetch", "resnet18", "--url", "http://example.invalid/"],
      1,
      /^error: .* is no https address.*\n$/,
    ],
    [
      ["features", "fetch", "resnet18", "--from", "text.onnx"],
      1,
      /^error: text\.onnx is not resnet18: it has 4 bytes.*\n$/,
    ],
    [["features", "fetch", "resnet18", "--from", "a", "--url", "b"], 2, /exclude each other/],
    [["features", "fetch"], 2, /missing required argument/],
    [["features", "other"], 2, /./],
  ])("%j ends with one sentence", async (words, code, sentence) => {
    await writeFile(join(folder, "text.onnx"), "text");
    const finished = await run(words);
    expect(finished.stderr).toMatch(sentence);
    expect([finished.code, finished.stdout]).toEqual([code, ""]);
  });
});

describe("gatefold summarize --features NAME", () => {
  beforeAll(async () => {
    await writeClip(join(folder, "short.mp4"), { times: steady(50, 25) });
    const content = compileToOnnx(trace({ x: ["batch", 3, 8, 8] }, ({ x }) => ({ means: mean(x, [2, 3]) })));
    Object.assign(tiny, {
      width: 3,
      bytes: content.length,
      sha256: createHash("sha256").update(content).digest("hex"),
      url,
      license: "MIT",
      settings: { ...knownModels[0].settings, width: 8, height: 8, input: "x", output: "means" },
    } satisfies Omit<KnownModel, "name">);
    answer = (response) => response.end(content);
  });

  const summary = () =>
    summarize(join(folder, "short.mp4"), {
      out: join(folder, "out"),
      share: 0.5,
      fps: 2,
      fast: false,
      seed: 1,
      maxKeyframes: 2,
      decoder: "auto",
      threads: 1,
      features: "tiny",
    });

  it("tells how to get a network that is not here", async () => {
    await expect(summary()).rejects.toThrow(
      "The image network tiny is not on this machine: `gatefold features fetch tiny` brings it.",
    );
  });

  it("finds one that was fetched, needs no network for it, and fits to what it shows", async () => {
    await fetchModel(tiny);
    answer = (response) => response.destroy();
    expect((await summary()).summary.settings).toMatchObject({ features: "tiny", model: "fit" });
  });

  it("does not use one that has changed since", async () => {
    await writeFile(cachedFile(tiny), Buffer.alloc(tiny.bytes));
    await expect(summary()).rejects.toThrow(
      /tiny\.onnx has changed since it was fetched: `gatefold features fetch tiny`/,
    );
  });
});
