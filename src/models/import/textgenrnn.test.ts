/** A model of textgenrnn, trained by others, computes what Keras computes with its file, and predicts titles of news. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { largestDifference } from "../../../test/everywhere.ts";
import { frequencyPerplexity } from "../../../test/frequency-perplexity.ts";
import { modelOutputs } from "../../../test/model-outputs.ts";
import { InputError } from "../../graph/errors.ts";
import { inputsOf } from "../../graph/graph.ts";
import { compile } from "../../runtime/session.ts";
import { tensor } from "../../runtime/tensor.ts";
import { openModel } from "../file.ts";
import { textgenrnn } from "./textgenrnn.ts";

const folder = new URL("../../../../shared/data/models/textgenrnn/", import.meta.url);
const LONGEST = 40;

describe.skipIf(!existsSync(folder))("textgenrnn's model (needs ../shared/data)", () => {
  const path = new URL("textgenrnn_weights.hdf5", folder).pathname;

  test("gives the probabilities that Keras gives", async () => {
    // tf_keras 2.21, layers by the names and widths in the file, whose weights it turns from a graphics card's layout.
    const expected = [
      {
        x: Array.from({ length: LONGEST }, (_, t) => (t * 7) % 465),
        at: [464, 5, 34, 44],
        p: [0.9995150566101074, 0.000251424266025424, 0.0001289278588956222, 0.00007891687710070983],
      },
      {
        x: [...Array<number>(36).fill(0), 464, 43, 12, 5],
        at: [23, 39, 27, 52],
        p: [0.1191679835319519, 0.08885528147220612, 0.07076472043991089, 0.04558320716023445],
      },
    ];
    const model = await openModel(path);
    for (const { x, at, p } of expected) {
      const { y } = modelOutputs(model, { x: { shape: [LONGEST, 1], data: Float64Array.from(x) } });
      expect(y.shape).toEqual([1, 465]);
      expect(y.data.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      expect(
        largestDifference(
          at.map((index) => y.data[index]),
          p,
        ),
      ).toBeLessThan(1e-6);
    }
  });

  test("predicts titles of news better than their letters alone do", async () => {
    const vocabulary: Record<string, number> = JSON.parse(
      readFileSync(new URL("textgenrnn_vocab.json", folder), "utf8"),
    );
    const titles = readFileSync(new URL("hacker_news_2000.txt", folder), "utf8").split("\n").slice(1, 41);
    // As textgenrnn reads a title: between marks of beginning and end, of what came before the last 40 characters.
    const windows = titles.flatMap((title) => {
      const line = [vocabulary["<s>"], ...[...title].map((one) => vocabulary[one] ?? 0), vocabulary["<s>"]];
      return line.slice(1).map((next, index) => {
        const before = line.slice(Math.max(0, index + 1 - LONGEST), index + 1);
        return { before: [...Array<number>(LONGEST - before.length).fill(0), ...before], next };
      });
    });
    const { graph, weights } = await openModel(path);
    const session = await compile(graph);
    const x = Int32Array.from(
      { length: LONGEST * windows.length },
      (_, at) => windows[at % windows.length].before[Math.floor(at / windows.length)],
    );
    const numbers = [...inputsOf(graph, "weight")].map(([name, { shape }]) => [
      name,
      tensor(weights[name], shape as number[]),
    ]);
    const { y } = await session.run({
      x: tensor(x, [LONGEST, windows.length], "int32"),
      ...Object.fromEntries(numbers),
    });
    await session.release();
    const likelihoods = windows.map(({ next }, index) => Math.log(y.data[index * 465 + next] as number));
    const perplexity = Math.exp(-likelihoods.reduce((a, b) => a + b, 0) / windows.length);
    const alone = frequencyPerplexity(windows.map(({ next }) => next));
    console.log(
      `textgenrnn, ${windows.length} characters: perplexity ${perplexity.toFixed(2)} a character, of frequencies ${alone.toFixed(2)}`,
    );
    expect(perplexity).toBeLessThan(0.6 * alone);
  });
});

test("a file that lacks a layer's numbers is refused", () => {
  const group = {
    attributes: new Map(),
    groups: new Map(),
    arrays: new Map(),
    texts: new Map(),
    references: new Map(),
  };
  const root = {
    ...group,
    groups: new Map(["embedding", "rnn_1", "attention", "output"].map((name) => [name, group])),
  };
  expect(() => textgenrnn(root, "m")).toThrow(InputError);
  expect(() => textgenrnn(root, "m")).toThrow(/^m: it has only 0 arrays, and needs more$/);
});
