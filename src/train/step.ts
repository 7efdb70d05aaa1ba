/** What a trainer runs: one compiled step, whatever computes it. */
import { bindSizes } from "../graph/bind.ts";
import { Dim, evaluateSize, type Size } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { patternsOf } from "../layers/approximate-dropout.ts";
import { type DropoutPattern, patternFeeds, patternInputs } from "../layers/dropout-patterns.ts";
import {
  compileToOnnx,
  createSession,
  type SessionOptions,
  type Signature,
  signatureOf,
} from "../runtime/session.ts";
import type { Tensor } from "../runtime/tensor.ts";

export type Tensors = Record<string, Tensor>;

/**
 * A compiled function of weights, a batch and noise. As a training step it gives the scalar "loss", a
 * "gradient.NAME" for every weight that is trained, and, as metrics, other scalars.
 */
export interface Step {
  /** The shapes of the noise that goes with these feeds; for each dropout pattern two numbers. */
  noise(feeds: Tensors): Record<string, readonly number[]>;
  /** @param weights all of the model's: those that the step has no input for are left out. */
  run(weights: Tensors, feeds: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

/** A graph made ready to be sent to a worker. */
export interface CompiledStep {
  onnx: Uint8Array;
  signature: Signature;
  patterns: readonly DropoutPattern[];
}

export function compileStep(graph: Graph): CompiledStep {
  return { onnx: compileToOnnx(graph), signature: signatureOf(graph), patterns: patternsOf(graph) };
}

/** Opens a session for a compiled step, which may come from another thread. */
export async function openStep(compiled: CompiledStep, options: SessionOptions): Promise<Step> {
  const signature = reviveSignature(compiled.signature);
  const session = await createSession(compiled.onnx, signature, { keepMemory: true, ...options });
  const named = (role: string) => signature.inputs.filter((input) => input.role === role);
  const weightNames = named("weight").map(({ name }) => name);
  const { patterns } = compiled;
  const ofPatterns = new Set(patterns.flatMap(patternInputs));
  const noise = named("noise").filter(({ name }) => !ofPatterns.has(name));
  return {
    noise(feeds) {
      const dims = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, tensor.dims]));
      const sizes = bindSizes(named("input"), dims);
      return Object.fromEntries([
        ...noise.map(({ name, shape }) => [name, shape.map((size) => evaluateSize(size, sizes))]),
        ...patterns.map(({ name }) => [name, [2]]),
      ]);
    },
    run(weights, feeds) {
      const all: Tensors = { ...feeds };
      for (const name of weightNames) all[name] = weights[name];
      for (const pattern of patterns) {
        Object.assign(all, patternFeeds(pattern, feeds[pattern.name].data));
        delete all[pattern.name];
      }
      return session.run(all);
    },
    close: () => session.release(),
  };
}

/** Open sizes lose their class on the way between threads. */
function reviveSignature({ inputs, steps }: Signature): Signature {
  return {
    inputs: inputs.map((input) => ({ ...input, shape: input.shape.map(reviveSize) })),
    steps: steps.map(({ reader, length }) => ({ reader, length: reviveSize(length) })),
  };
}

function reviveSize(size: Size): Size {
  return typeof size === "number" ? size : reviveDim(size);
}

function reviveDim({ terms }: Dim): Dim {
  return new Dim(
    terms.map(({ coefficient, atoms }) => ({
      coefficient,
      atoms: atoms.map(({ key, quotient }) =>
        quotient ? { key, quotient: { of: reviveDim(quotient.of), by: quotient.by } } : { key },
      ),
    })),
  );
}
