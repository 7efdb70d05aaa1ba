/** What a page needs in order to stream a model: how much that is, and that it gives what Node gives. */
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { describe, expect, test } from "vitest";
import { gru, lstm } from "../src/cells/index.ts";
import { dense, recurrent } from "../src/layers/index.ts";
import { compileProgram, loadProgram, saveProgram, stepOf } from "../src/stream/index.ts";
import { browserPath, openBrowser } from "./browser/chromium.ts";
import { modelOf, slowFrames, thresholdsOf } from "./streams.ts";

/** All of `gatefold/stream`, or some names of it, as one script for a page. */
async function bundle(names?: readonly string[]): Promise<{ code: string; modules: string[] }> {
  const entry = "entry.js";
  const what = names ? `{ ${names.join(", ")} }` : "*";
  const content = `export ${what} from ${JSON.stringify(`${process.cwd()}/src/stream/index.ts`)};`;
  const build = await rolldown({
    input: entry,
    platform: "browser",
    plugins: [
      {
        name: "entry",
        resolveId: (id: string) => (id === entry ? id : undefined),
        load: (id: string) => (id === entry ? content : undefined),
      },
    ],
  });
  const { output } = await build.generate({ format: "iife", name: "gatefold", minify: true });
  return { code: output[0].code, modules: output[0].moduleIds };
}

describe("a page that streams", () => {
  test("loads less than 150 kB with all of gatefold/stream, and nothing of Node or of other packages", async () => {
    const { code, modules } = await bundle();
    expect(code.length).toBeLessThan(150_000);
    expect(modules.filter((path) => path.includes("node_modules"))).toEqual([]);
    expect(code).not.toMatch(/["']node:/);
  });

  test("loads less than 60 kB, 20 kB as it travels, where the model is compiled already", async () => {
    const { code } = await bundle(["loadProgram", "readProgram"]);
    expect(code.length).toBeLessThan(60_000);
    expect(gzipSync(code).length).toBeLessThan(20_000);
  });

  test.skipIf(!browserPath)("gives what Node gives", async () => {
    const model = modelOf(
      (x) => {
        const h = recurrent(
          "second",
          gru({ inputs: 12, units: 20 }),
        )(recurrent("first", lstm({ inputs: 5, units: 12 }))(x));
        return { y: dense("scores", { inputs: 20, units: 3 })(h) };
      },
      [5],
    );
    const files = [
      saveProgram(compileProgram(stepOf(model))),
      saveProgram(compileProgram(stepOf({ ...model, thresholds: thresholdsOf(model, 0.05) }))),
      saveProgram(compileProgram(stepOf(model), { weights: "int8" })),
    ];
    const frames = slowFrames(200, 5);
    const { code } = await bundle(["loadProgram", "readProgram"]);
    await using browser = await openBrowser();
    const page = await browser.newPage();
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.addScriptTag({ content: code });
    for (const file of files) {
      const given = { bytes: [...file], frames: frames.map((frame) => [...frame]) };
      const found: number[][] = await page.evaluate(async ({ bytes, frames }) => {
        const { loadProgram, readProgram } = (
          globalThis as unknown as { gatefold: typeof import("../src/stream/index.ts") }
        ).gatefold;
        const stream = (await loadProgram(readProgram(Uint8Array.from(bytes)))).stream();
        return frames.map((frame) => [...stream.push(frame)]);
      }, given);
      const { readProgram } = await import("../src/stream/index.ts");
      const stream = (await loadProgram(readProgram(file))).stream();
      expect(found).toEqual(frames.map((frame) => [...stream.push(frame)]));
    }
    expect(requests).toEqual([]);
  });
});
