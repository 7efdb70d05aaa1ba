/**
 * Whether streams drift in ten million steps: `node bench/long-streams.ts [steps]`. By differences of threshold 0, each
 * stream should stay as near to the dense float64 reference as the dense stream does; in int8, equal the dense one.
 */
import { parseArgs } from "node:util";
import { lstm } from "../src/cells/index.ts";
import { trace } from "../src/graph/graph.ts";
import { recurrent } from "../src/layers/index.ts";
import { compileProgram, loadProgram, type Stream, stepOf } from "../src/stream/index.ts";
import { initialWeights } from "../src/weights/declare.ts";
import { random } from "../src/weights/random.ts";

const { positionals } = parseArgs({ allowPositionals: true });
const steps = Number(positionals[0] ?? 10_000_000);
const [inputs, units] = [4, 16];

const graph = trace({ x: ["time", "batch", inputs] }, ({ x }) => ({
  y: recurrent("layer", lstm({ inputs, units }))(x),
}));
const weights = initialWeights(graph, 1);
const thresholds = { "layer.input": 0, "layer.recurrent": 0 };

async function streamOf(
  options: Parameters<typeof compileProgram>[1],
  differences: boolean,
): Promise<Stream> {
  const step = stepOf({ graph, weights, ...(differences && { thresholds }) });
  return (await loadProgram(compileProgram(step, options))).stream();
}

/** The same LSTM in float64. */
function referenceStep(x: Float32Array, h: Float64Array, c: Float64Array): void {
  const { "layer.input": w, "layer.recurrent": u, "layer.bias": b } = weights;
  const sums = Float64Array.from(b);
  for (let j = 0; j < inputs; j++)
    for (let row = 0; row < 4 * units; row++) sums[row] += w[j * 4 * units + row] * x[j];
  for (let j = 0; j < units; j++)
    for (let row = 0; row < 4 * units; row++) sums[row] += u[j * 4 * units + row] * h[j];
  const sigma = (a: number) => 1 / (1 + Math.exp(-a));
  for (let k = 0; k < units; k++) {
    c[k] = sigma(sums[units + k]) * c[k] + sigma(sums[k]) * Math.tanh(sums[2 * units + k]);
    h[k] = sigma(sums[3 * units + k]) * Math.tanh(c[k]);
  }
}

const streams = {
  dense: await streamOf({}, false),
  differences: await streamOf({}, true),
  "never rebuilt": await streamOf({ rebuild: Number.MAX_SAFE_INTEGER }, true),
  int8: await streamOf({ weights: "int8" }, false),
  "int8 differences": await streamOf({ weights: "int8" }, true),
};
const numbers = random(2).stream("frames");
const x = new Float32Array(inputs);
const [h, c] = [new Float64Array(units), new Float64Array(units)];
const outputs = Object.values(streams).map(() => new Float32Array(units));
const worst = { dense: 0, differences: 0, "never rebuilt": 0, int8Differs: 0 };

for (let step = 1; step <= steps; step++) {
  numbers.normals(x);
  Object.values(streams).forEach((stream, at) => {
    stream.push(x, outputs[at]);
  });
  referenceStep(x, h, c);
  const [dense, differences, never, int8, int8Differences] = outputs;
  for (let k = 0; k < units; k++) {
    worst.dense = Math.max(worst.dense, Math.abs(dense[k] - h[k]));
    worst.differences = Math.max(worst.differences, Math.abs(differences[k] - h[k]));
    worst["never rebuilt"] = Math.max(worst["never rebuilt"], Math.abs(never[k] - h[k]));
    if (int8[k] !== int8Differences[k]) worst.int8Differs++;
  }
  if (Math.log10(step) % 1 === 0 || step === steps) console.log(JSON.stringify({ steps: step, ...worst }));
}
