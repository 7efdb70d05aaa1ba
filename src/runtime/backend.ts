/**
 * ONNX Runtime, native or as WebAssembly. "native" is onnxruntime-node, an optional dependency: where it
 * is missing, and in a browser, "wasm" (onnxruntime-web) takes its place.
 */
import type { InferenceSession, InferenceSessionFactory, TensorConstructor } from "onnxruntime-web";
import { InputError } from "../graph/errors.ts";

export type BackendName = "native" | "wasm";

/** What is used of ONNX Runtime's two packages. */
export interface OnnxRuntime {
  InferenceSession: InferenceSessionFactory;
  Tensor: TensorConstructor;
}

/** How a session computes. */
export interface ComputeOptions {
  /** How many threads compute; 1 unless said otherwise. */
  threads?: number;
  /**
   * Threads wait for their next piece of work awake. On a machine with nothing else to do two of them are up
   * to 1.4 times faster so; on a busy one several times slower. Native only.
   */
  spin?: boolean;
  /**
   * Keeps memory from run to run instead of giving it back: up to 1.25 times faster where large runs follow one
   * another, as in training; holds up to twice as much. Native only.
   */
  keepMemory?: boolean;
}

export interface Backend {
  name: BackendName;
  runtime: OnnxRuntime;
  /** How ONNX Runtime is told what a session shall be like. */
  sessionOptions: (options: ComputeOptions) => InferenceSession.SessionOptions;
}

const loaded = new Map<BackendName, Promise<Backend>>();

/** The named backend, or the fastest that there is. */
export async function loadBackend(name?: BackendName): Promise<Backend> {
  if (name) return load(name);
  try {
    return await load("native");
  } catch {
    return load("wasm");
  }
}

function load(name: BackendName): Promise<Backend> {
  const known = loaded.get(name);
  if (known) return known;
  const backend = name === "native" ? loadNative() : loadWasm();
  loaded.set(name, backend);
  return backend;
}

async function loadNative(): Promise<Backend> {
  const packageName = "onnxruntime-node";
  const module = await import(packageName).catch((cause) => {
    throw new InputError(
      `the native ONNX Runtime can't be loaded here (${(cause as Error).message}); use the "wasm" backend`,
    );
  });
  return {
    name: "native",
    runtime: (module.default ?? module) as OnnxRuntime,
    sessionOptions: ({ threads = 1, spin = false, keepMemory = false }) => ({
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "basic",
      enableCpuMemArena: keepMemory,
      logSeverityLevel: 4,
      extra: { session: { force_spinning_stop: "1", intra_op: { allow_spinning: spin ? "1" : "0" } } },
    }),
  };
}

async function loadWasm(): Promise<Backend> {
  const module = await import("onnxruntime-web/wasm");
  module.env.logLevel = "fatal";
  return {
    name: "wasm",
    runtime: module as unknown as OnnxRuntime,
    sessionOptions: ({ threads = 1 }) => {
      module.env.wasm.numThreads = mayShareMemory() ? threads : 1; // takes effect with a process's first session
      return { executionProviders: ["wasm"], graphOptimizationLevel: "basic", logSeverityLevel: 4 };
    },
  };
}

/** In a browser, threads need a page that is isolated from others (COOP and COEP headers). */
function mayShareMemory(): boolean {
  return (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;
}
