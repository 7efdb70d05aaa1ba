/**
 * A step of a recurrent layer, as wide as its input, on one thread: our streams beside other libraries' LSTM called a step at a time.
 *
 * `ratio` is the time of onnxruntime-node's LSTM operator ÷ this one's, in turn in the same minute; all LSTMs have the same
 * numbers, and must come to the same outputs (`difference`) where they are not compressed. The cells are untrained. `share` is
 * the share of multiplications that a step makes, which is that of the inputs that changed by a threshold; thresholds are
 * chosen so that it is near 5, 10 or 20 per cent.
 */
import { gru } from "../src/cells/gru.ts";
import { janet } from "../src/cells/janet.ts";
import { sru } from "../src/cells/sru.ts";
import type { Model } from "../src/weights/model.ts";
import { type BenchOptions, inTurn, type Line, median, rounded, type Took } from "./measure.ts";
import { loadTfjs } from "./peers/tfjs.ts";
import { startTorch, type Torch } from "./peers/torch.ts";
import { readFrames } from "./streaming/frames.ts";
import { memoryGigabytes } from "./streaming/memory.ts";
import { onnxStepper } from "./streaming/onnx-lstm.ts";
import {
  cellModel,
  denseLstm,
  lowRankLstm,
  type OurStepper,
  ourStepper,
  withOccupancy,
} from "./streaming/ours.ts";
import type { LstmNumbers, Stepper } from "./streaming/stepper.ts";
import { tfjsStepper } from "./streaming/tfjs-lstm.ts";

const widths = [64, 128, 256, 512, 1024];
const shares = [5, 10, 20];
/** Frames over which the streams go. */
const length = 300;
/** Steps after which outputs are compared. */
const checked = 20;
const repeats = 15;

export async function* run({ only = "" }: BenchOptions): AsyncIterable<Line> {
  const torch = await startTorch("torch_step.py");
  if (!torch) console.error("PyTorch is left out: set GATEFOLD_PYTHON to a Python that has torch.");
  const memory = rounded(await memoryGigabytes());
  try {
    for (const width of widths)
      if (`width ${width},`.includes(only)) {
        for (const line of await measure(width, torch)) yield { ...line, memoryGigabytes: memory };
      }
  } finally {
    torch?.close();
  }
}

async function measure(width: number, torch: Torch | undefined): Promise<Line[]> {
  const { source, frames } = readFrames(length, width);
  const dense = await denseLstm(width, frames);
  const numbers: LstmNumbers = {
    width,
    input: dense.model.weights["layer.input"],
    recurrent: dense.model.weights["layer.recurrent"],
    bias: dense.model.weights["layer.bias"],
  };
  const theirs = await peers(numbers, torch, frames);
  const ours = await streams(width, dense, frames);
  const differences = await compareOutputs({ ...theirs.steppers, dense: ours.dense }, theirs.output, frames);
  const steps = Math.round(Math.max(60, Math.min(2000, 1.5e8 / width ** 2)));
  const contestants = Object.fromEntries(
    Object.entries<Stepper>({ ...theirs.steppers, ...ours }).map(([name, stepper]) => [
      name,
      { turn: () => stepper.run(frames, steps) },
    ]),
  );
  const learner = await theirs.torch?.(steps);
  const times = await inTurn<string, Took>(
    { ...contestants, ...(learner && { PyTorch: learner }) },
    { repeats },
  );
  const middle = (name: string, of: keyof Took) =>
    (1000 * median(times[name].map((took) => took[of]))) / steps;
  const microseconds = (name: string) => middle(name, "clock");
  const processor = (name: string) => middle(name, "processor");
  const lines = Object.keys(times).map((name): Line => {
    const own = ours[name];
    return {
      case: `width ${width}, ${name}`,
      threads: 1,
      microseconds: rounded(microseconds(name)),
      ratio: rounded(microseconds("onnxruntime-node") / microseconds(name)),
      processorMicroseconds: rounded(processor(name)),
      processorRatio: rounded(processor("onnxruntime-node") / processor(name)),
      ...(own && {
        share: rounded(own.share()),
        gigabytes: rounded(own.bytes() / microseconds(name) / 1000),
      }),
      ...(name in differences && { difference: differences[name] }),
      repeats,
      frames: source,
    };
  });
  for (const stepper of Object.values<Stepper>({ ...theirs.steppers, ...ours })) await stepper.close();
  await learner?.close();
  return lines;
}

/** Our LSTM in all ways, and other cells. */
async function streams(
  width: number,
  dense: Awaited<ReturnType<typeof denseLstm>>,
  frames: Float32Array[],
): Promise<Record<string, OurStepper>> {
  const low = await lowRankLstm(width, frames);
  const found: Record<string, OurStepper> = {
    dense: await ourStepper(dense.model, width),
    "low rank": await ourStepper(low.model, width),
    int8: await ourStepper(dense.model, width, { weights: "int8" }),
  };
  for (const share of shares) {
    const changed = withOccupancy(dense, share / 100);
    found[`delta ${share} %`] = await ourStepper(changed, width);
    found[`low rank, delta ${share} %`] = await ourStepper(withOccupancy(low, share / 100), width);
    found[`int8, delta ${share} %`] = await ourStepper(changed, width, { weights: "int8" });
  }
  const sizes = { inputs: width, units: width };
  const others: Record<string, Model> = {
    GRU: cellModel(width, gru(sizes)),
    SRU: cellModel(width, sru(sizes)),
    JANET: cellModel(width, janet(sizes)),
  };
  for (const [name, model] of Object.entries(others)) found[name] = await ourStepper(model, width);
  return found;
}

async function peers(numbers: LstmNumbers, torch: Torch | undefined, frames: Float32Array[]) {
  const tfjs = await loadTfjs();
  const steppers: Record<string, Stepper> = {
    "onnxruntime-node": await onnxStepper("native", numbers),
    "onnxruntime-web": await onnxStepper("wasm", numbers),
    ...(tfjs && { "tfjs-wasm": tfjsStepper(tfjs.tf, numbers) }),
  };
  const { width, ...weights } = numbers;
  const all = new Float32Array(frames.length * width);
  frames.forEach((frame, at) => {
    all.set(frame, at * width);
  });
  const open = (steps: number) =>
    torch!.open({ threads: 1, width, steps, check: checked, frames: all, weights });
  return {
    steppers,
    ...(torch && { torch: open, output: (await (await open(1)).outcome()).arrays.output }),
  };
}

/** How far the outputs of each are from ours after some steps; fails where it is more than rounding. */
async function compareOutputs(
  steppers: Record<string, Stepper>,
  torch: Float32Array | undefined,
  frames: readonly Float32Array[],
): Promise<Record<string, number>> {
  const outputs: Record<string, Float32Array> = torch ? { PyTorch: torch } : {};
  for (const [name, stepper] of Object.entries(steppers)) {
    await stepper.run(frames, checked);
    outputs[name] = stepper.output().slice();
  }
  const { dense, ...others } = outputs;
  const differences = Object.entries(others).map(([name, output]) => {
    const apart = dense.reduce((worst, value, at) => Math.max(worst, Math.abs(value - output[at])), 0);
    if (!(apart < 1e-5)) throw new Error(`${name} gives other outputs than ours: they differ by ${apart}`);
    return [name, Number(apart.toPrecision(2))];
  });
  return Object.fromEntries(differences);
}
