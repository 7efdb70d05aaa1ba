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

export interface Backend {
  name: BackendName;
  runtime: OnnxRuntime;
  /** ONNX Runtime's session options for a number of threads. */
  sessionOptions: (threads: number) => InferenceSession.SessionOptions;
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
    sessionOptions: (threads) => ({
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "basic",
      // Without an arena memory goes back after a long sequence; without spinning a busy machine stays fast.
      enableCpuMemArena: false,
      logSeverityLevel: 4,
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    }),
  };
}

async function loadWasm(): Promise<Backend> {
  const module = await import("onnxruntime-web/wasm");
  module.env.logLevel = "fatal";
  return {
    name: "wasm",
    runtime: module as unknown as OnnxRuntime,
    sessionOptions: (threads) => {
      module.env.wasm.numThreads = mayShareMemory() ? threads : 1; // takes effect with a process's first session
      return { executionProviders: ["wasm"], graphOptimizationLevel: "basic", logSeverityLevel: 4 };
    },
  };
}

/** In a browser, threads need a page that is isolated from others (COOP and COEP headers). */
function mayShareMemory(): boolean {
  return (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;
}
