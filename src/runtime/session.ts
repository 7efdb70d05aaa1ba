/** Sessions: a graph made ready to run, on either backend, behind one interface. */
import type { OnnxValue, Tensor as OrtTensor } from "onnxruntime-web";
import { bindSizes } from "../graph/bind.ts";
import { InputError } from "../graph/errors.ts";
import { allUnits, type Graph } from "../graph/graph.ts";
import type { Role } from "../graph/operators.ts";
import type { DType, Shape } from "../graph/shape.ts";
import { checkSteps, type NeededSteps, neededSteps } from "../graph/steps.ts";
import { toOnnx } from "../onnx/lower.ts";
import { hoist } from "../transform/hoist.ts";
import { simplify } from "../transform/simplify.ts";
import { type Backend, type BackendName, type ComputeOptions, loadBackend } from "./backend.ts";
import { holds, type Tensor, type TensorData } from "./tensor.ts";

/** What a session is fed with, and what in it needs steps. */
export interface Signature {
  inputs: readonly { name: string; role: Role; shape: Shape; dtype: DType }[];
  steps: readonly NeededSteps[];
}

export function signatureOf({ inputs, outputs }: Graph): Signature {
  return { inputs, steps: neededSteps(allUnits(Object.values(outputs))) };
}

export interface SessionOptions extends ComputeOptions {
  /** "native" where it is installed, unless said otherwise. */
  backend?: BackendName;
}

/** Failures come as errors; ONNX Runtime need not print them too. */
const quiet = { logSeverityLevel: 4 } as const;

export type Feeds = Readonly<Record<string, Tensor>>;

export interface Session {
  readonly backend: BackendName;
  /** Computes the outputs. Tensors go in without a copy; those that come out are the caller's. */
  run(feeds: Feeds): Promise<Record<string, Tensor>>;
  /** Frees what the session holds; a second time does nothing. */
  release(): Promise<void>;
}

/**
 * Makes a graph ready to run.
 *
 * ```ts
 * const session = await compile(trace({ x: ["n"] }, ({ x }) => ({ y: x.mul(2) })));
 * const { y } = await session.run({ x: tensor([1, 2, 3]) });
 * ```
 */
export async function compile(graph: Graph, options: SessionOptions = {}): Promise<Session> {
  return createSession(compileToOnnx(graph), signatureOf(graph), options);
}

/** The ONNX model that sessions run: hoisted and simplified. */
export function compileToOnnx(graph: Graph): Uint8Array<ArrayBuffer> {
  return toOnnx(simplify(hoist(graph)));
}

/** A session for an ONNX model that `toOnnx` wrote for a graph of this signature. */
export async function createSession(
  onnx: Uint8Array,
  signature: Signature,
  options: SessionOptions = {},
): Promise<Session> {
  const { threads = 1 } = options;
  if (!Number.isInteger(threads) || threads < 1)
    throw new InputError(`${threads} threads make no sense: use a whole number of at least 1`);
  const backend = await loadBackend(options.backend);
  const session = await backend.runtime.InferenceSession.create(onnx, backend.sessionOptions(options));
  let released: Promise<void> | undefined;
  return {
    backend: backend.name,
    async run(feeds) {
      if (released) throw new InputError("the session was released: compile the graph again to run it");
      const results = await session.run(toOrt(backend, signature, feeds), quiet).catch((cause) => {
        throw new InputError(`the graph could not be run: ${(cause as Error).message}`, { cause });
      });
      return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fromOrt(value)]));
    },
    release() {
      released ??= session.release();
      return released;
    },
  };
}

function toOrt({ runtime }: Backend, signature: Signature, feeds: Feeds): Record<string, OrtTensor> {
  checkFeeds(signature, feeds);
  const entries = Object.entries(feeds).map(([name, { dtype, data, dims }]) => {
    return [name, new runtime.Tensor(dtype as "float32", data as Float32Array, dims)] as const;
  });
  return Object.fromEntries(entries);
}

/** Checks names, types and shapes; the runtime itself would let some mistakes pass silently. */
export function checkFeeds({ inputs, steps }: Signature, feeds: Feeds): void {
  const dims = Object.entries(feeds).map(([name, tensor]) => {
    if (!Array.isArray(tensor?.dims))
      throw new InputError(`input "${name}" is no tensor: make one by tensor(numbers, dims)`);
    return [name, tensor.dims] as const;
  });
  const bindings = bindSizes(inputs, Object.fromEntries(dims));
  checkSteps(steps, bindings);
  for (const { name, dtype } of inputs) {
    const tensor = feeds[name];
    if (tensor.dtype !== dtype) throw new InputError(`input "${name}" must be ${dtype}, not ${tensor.dtype}`);
    if (!holds(dtype, tensor.data)) {
      throw new InputError(
        `input "${name}" says ${dtype}, but its data is a ${tensor.data.constructor.name}`,
      );
    }
    if (tensor.data.length !== tensor.dims.reduce((a, b) => a * b, 1)) {
      throw new InputError(
        `input "${name}" has ${tensor.data.length} numbers, which do not fill [${tensor.dims}]`,
      );
    }
  }
}

function fromOrt(value: OnnxValue): Tensor {
  const { type, data, dims } = value as OrtTensor;
  return { dtype: type as DType, dims, data: data as TensorData[DType] };
}
