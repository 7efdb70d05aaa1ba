/** PyTorch, in a Python process that answers one JSON request a line. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Learner, type LstmCase, learningRate } from "../training/lstm-case.ts";

export interface Torch {
  version: string;
  open(one: LstmCase): Promise<Learner>;
  close(): void;
}

/** Starts PyTorch by the Python that GATEFOLD_PYTHON names, else python3; undefined where it is not installed. */
export async function startTorch(): Promise<Torch | undefined> {
  const python = process.env.GATEFOLD_PYTHON ?? "python3";
  const child = spawn(python, [`${import.meta.dirname}/torch_lstm.py`], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const failed = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  child.stdin.on("error", () => {}); // a Python that ends at once is seen by its exit
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request: Record<string, unknown>) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await Promise.race([answers.next(), failed]);
    if (!answer || answer.done) throw new Error("PyTorch's process ended");
    return JSON.parse(answer.value);
  };

  const greeting = await ask({ do: "version" }).catch(() => undefined);
  if (!greeting) return undefined;
  return {
    version: greeting.version,
    async open(one) {
      await ask({ do: "open", ...one, ...encoded(one), learning_rate: learningRate });
      return {
        turn: () => ask({ do: "turn" }),
        async outcome() {
          const { loss, arrays } = await ask({ do: "outcome" });
          return { loss, arrays: mapValues(arrays as Record<string, string>, fromBase64) };
        },
        close: async () => {},
      };
    },
    close: () => child.stdin.end(),
  };
}

function encoded({ x, target, weights }: LstmCase) {
  return { x: toBase64(x), target: toBase64(target), weights: mapValues(weights, toBase64) };
}

function toBase64(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}

function fromBase64(text: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
}

function mapValues<From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
