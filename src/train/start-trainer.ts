/** A trainer in a thread of its own: while it computes, progress and Ctrl-C stay alive here. */
import { InputError } from "../graph/errors.ts";
import type { Trainer } from "./trainer.ts";
import type { Answer, Call, Request, TrainerPlan } from "./worker-protocol.ts";

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The thread's program is TypeScript beside the sources and JavaScript beside the built files. */
const program = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);

/**
 * Makes a trainer in a worker thread. Batches are copied on their way there, so that the caller can give them
 * again; states and outputs are handed over.
 *
 * @throws InputError for wrong settings, or where the model can't be run.
 * @example
 * const trainer = await startTrainer({
 *   steps: { training: compileStep(gradient(graph, { of: "loss", with: Object.keys(weights) })) },
 *   weights,
 *   settings: { seed: 1, optimizer: { kind: "adam" } },
 *   session: { threads: 2 },
 * });
 */
export async function startTrainer(plan: TrainerPlan): Promise<Trainer> {
  const { Worker } = await import("node:worker_threads"); // Not at the top, for a browser's bundler's sake.
  const worker = new Worker(program);
  const waiting = new Map<number, Waiting>();
  let requests = 0;
  let ended: Error | undefined;

  const ask = (call: Call, values: unknown[]): Promise<never> =>
    new Promise<never>((resolve, reject) => {
      if (ended) return reject(ended);
      const id = requests++;
      waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      worker.postMessage({ id, call, values } satisfies Request);
    });
  const fail = (error: Error) => {
    ended = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on("message", ({ id, result, error }: Answer) => {
    const { resolve, reject } = waiting.get(id)!;
    waiting.delete(id);
    if (error) reject(revive(error));
    else resolve(result);
  });
  worker.on("error", (cause) => fail(new Error("the training thread failed", { cause })));
  worker.on("exit", () => fail(new Error("the training thread has ended")));

  const shapes = Object.fromEntries(Object.entries(plan.weights).map(([name, { dims }]) => [name, dims]));
  try {
    await ask("create", [plan]);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return {
    settings: plan.settings,
    shapes,
    step: (...values) => ask("step", values),
    evaluate: (...values) => ask("evaluate", values),
    state: () => ask("state", []),
    restore: (...values) => ask("restore", values),
    async close() {
      const gone = new Promise((resolve) => worker.once("exit", resolve));
      await ask("close", []);
      // The thread ends by itself, unless WebAssembly threads of its own keep it.
      const patience = setTimeout(() => worker.terminate(), 1000);
      await gone;
      clearTimeout(patience);
    },
  };
}

function revive({ message, stack, input }: NonNullable<Answer["error"]>): Error {
  const error = input ? new InputError(message) : new Error(message);
  if (stack) error.stack = stack;
  return error;
}
