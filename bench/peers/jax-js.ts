/** jax-js on its WASM backend. It has no scan: its traces unroll the loop, and compile for that long. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Learner, Outcome } from "../learner.ts";
import type { Took } from "../measure.ts";
import type { LstmCase } from "../training/lstm-case.ts";

const patience = 60_000;

export interface JaxJs {
  version: string;
  /** @throws Error where its first turn, which compiles, takes more than a minute. */
  open(one: LstmCase): Promise<Learner & { compileSeconds: number }>;
}

/** Finds jax-js; undefined where it is not installed. */
export function findJaxJs(): JaxJs | undefined {
  try {
    const entry = import.meta.resolve("@jax-js/jax");
    const { version } = JSON.parse(readFileSync(new URL("../package.json", entry), "utf8"));
    return { version, open };
  } catch {
    return undefined;
  }
}

async function open(one: LstmCase): Promise<Learner & { compileSeconds: number }> {
  const worker = new Worker(new URL("./jax-js-worker.ts", import.meta.url), { workerData: one });
  const ask = async <Answer>(request: "turn" | "outcome"): Promise<Answer> => {
    worker.postMessage(request);
    const [answer] = await once(worker, "message", { signal: AbortSignal.timeout(patience) });
    return answer;
  };
  try {
    const first = await ask<Took>("turn");
    return {
      compileSeconds: first.clock / 1000,
      turn: () => ask<Took>("turn"),
      outcome: () => ask<Outcome>("outcome"),
      close: async () => void (await worker.terminate()),
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}
