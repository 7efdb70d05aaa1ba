/**
 * A cell of one's own, from the equations of its paper to an ONNX file.
 *
 * The minimal gated unit makes one gate do the work of a GRU's two (Zhou et al. 2016, arXiv 1603.09420):
 *
 *     f = σ(W_f x + U_f h' + b_f)      n = tanh(W_n x + U_n (f ⊙ h') + b_n)
 *     h = (1 − f) ⊙ h' + f ⊙ n
 *
 * It learns the adding problem (Hochreiter & Schmidhuber 1997): of 50 random numbers from 0 to 1, two are
 * marked; what is their sum? Who always says 1 is wrong by 1/6 = 0.167, as a mean square.
 *
 *     npm run build
 *     node examples/own-cell.ts [--epochs 8] [--folder RUN] [--out FILE.onnx]
 *
 * With a folder, a run that is interrupted or killed goes on from there when the same command is given again.
 */
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  defineCell,
  hoist,
  mean,
  sigmoid,
  simplify,
  tanh,
  tensor,
  toOnnx,
  trace,
  type Value,
} from "gatefold";
import { width } from "gatefold/cells";
import { dense, recurrent } from "gatefold/layers";
import {
  averageOver,
  createProgress,
  type Examples,
  fit,
  planTraining,
  showTraining,
  startTrainer,
  watchInterrupt,
} from "gatefold/train";
import { chrono, glorotUniform, orthogonal, perGate, random } from "gatefold/weights";
import * as ort from "onnxruntime-web/wasm";
import { z } from "zod";

const minimalGatedUnit = defineCell({
  name: "minimal gated unit",
  options: z.object({ inputs: width, units: width, longest: z.number() }),
  weights: ({ inputs, units, longest }) => ({
    input: { shape: [inputs, 2 * units], initializer: perGate(2, glorotUniform) },
    recurrent: { shape: [units, units], initializer: orthogonal },
    candidate: { shape: [units, units], initializer: orthogonal },
    bias: { shape: [2 * units], initializer: chrono(longest, ["input", "zero"]) },
  }),
  state: ({ units }) => ({ hidden: [units] }),
  outputs: ({ units }) => units,
  step(x, { hidden }, w) {
    const [xGate, xCandidate] = x.matmul(w.input).add(w.bias).split(2);
    const f = sigmoid(xGate.add(hidden.matmul(w.recurrent)));
    const n = tanh(xCandidate.add(f.mul(hidden).matmul(w.candidate)));
    const h = f.rsub(1).mul(hidden).add(f.mul(n));
    return { output: h, state: { hidden: h } };
  },
});

const steps = 50;
const encoder = recurrent("encoder", minimalGatedUnit({ inputs: 2, units: 32, longest: steps }));
const head = dense("head", { inputs: encoder.outputs, units: 1 });

/** Numbers and marks [time, batch, 2] → the sum of the marked numbers [batch]. */
function addUp(x: Value): Value {
  return head(encoder.run(x).state.hidden).squeeze(1);
}

const sequences = ["time", "batch", 2];
const used = trace({ x: sequences }, ({ x }) => ({ sum: addUp(x) }));
const trained = trace({ x: sequences, targets: ["batch"] }, ({ x, targets }) => ({
  loss: mean(addUp(x).sub(targets).pow(2)),
}));

/** Sequences drawn by their number: the same number is always the same sequence. */
function problems(name: string, count: number): Examples {
  return {
    count,
    load(indices) {
      const x = new Float32Array(steps * indices.length * 2);
      const targets = new Float32Array(indices.length);
      indices.forEach((index, row) => {
        const draws = random(1).stream(`${name}.${index}`);
        const marked = [draws.integer(steps / 2), steps / 2 + draws.integer(steps / 2)];
        for (let t = 0; t < steps; t++) {
          const number = draws.uniform();
          x.set([number, Number(marked.includes(t))], (t * indices.length + row) * 2);
          if (marked.includes(t)) targets[row] += number;
        }
      });
      const feeds = { x: tensor(x, [steps, indices.length, 2]), targets: tensor(targets) };
      return { feeds, weight: indices.length };
    },
  };
}

const { values: given } = parseArgs({
  options: {
    epochs: { type: "string", default: "8" },
    folder: { type: "string" },
    out: { type: "string", default: join(tmpdir(), "minimal-gated-unit.onnx") },
  },
});
using interrupt = watchInterrupt();
const progress = createProgress(process.stderr);
const trainer = await startTrainer(
  planTraining({ training: trained }, { seed: 1, optimizer: { kind: "adam" }, clip: 1 }),
);
const { weights, reason } = await fit({
  trainer,
  examples: problems("training", 5000),
  validate: averageOver(problems("validation", 500), 50),
  schedule: { kind: "constant", rate: 0.005 },
  epochs: Number(given.epochs),
  batch: 50,
  folder: given.folder,
  signal: interrupt.signal,
  onEvent: showTraining(progress),
});
const { feeds } = await problems("test", 200).load([...Array(200).keys()]);
const { loss } = await trainer.evaluate(feeds);
await trainer.close();
progress.close();
if (reason === "interrupted") process.exit(130);
console.log(`mean square error on 200 new sequences: ${loss.data[0].toFixed(4)} (always saying 1: 0.1667)`);

// The model as a file of its own, which any ONNX runtime runs: here the plain one, without Gatefold.
await writeFile(given.out, toOnnx(simplify(hoist(used)), { weights }));
const session = await ort.InferenceSession.create(await readFile(given.out));
const { data, dims } = feeds.x;
const { sum } = await session.run({ x: new ort.Tensor("float32", data as Float32Array, dims) });
for (let row = 0; row < 3; row++) {
  const [found, expected] = [Number(sum.data[row]), feeds.targets.data[row]];
  console.log(
    `sequence ${row + 1}: the marked numbers add up to ${expected.toFixed(3)}, ${given.out} says ${found.toFixed(3)}`,
  );
}
