/** PyTorch, in a Python process that answers one JSON request a line. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Learner } from "../learner.ts";

export interface Torch {
  version: string;
  /** A learner from whatever the program reads; arrays travel as base64. Fails with what Python said. */
  open(request: object): Promise<Learner>;
  close(): void;
}

/**
 * Starts PyTorch by the Python that GATEFOLD_PYTHON names, else python3; undefined where it is not installed.
 *
 * @param program a file of this folder, which serves by torch_serve.py.
 */
export async function startTorch(program: string): Promise<Torch | undefined> {
  const python = process.env.GATEFOLD_PYTHON ?? "python3";
  const child = spawn(python, [`${import.meta.dirname}/${program}`], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const failed = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  child.stdin.on("error", () => {}); // a Python that ends at once is seen by its exit
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request: Record<string, unknown>) => {
    child.stdin.write(`${JSON.stringify(request, arraysToBase64)}\n`);
    const line = await Promise.race([answers.next(), failed]);
    if (!line || line.done) throw new Error("PyTorch's process ended");
    const answer = JSON.parse(line.value);
    if (answer.error) throw new Error(answer.error);
    return answer;
  };

  const greeting = await ask({ do: "version" }).catch(() => undefined);
  if (!greeting) return undefined;
  return {
    version: greeting.version,
    async open(request) {
      const { learner } = await ask({ do: "open", ...request });
      return {
        turn: () => ask({ do: "turn", learner }),
        async outcome() {
          const { loss, arrays } = await ask({ do: "outcome", learner });
          const decoded = Object.entries<string>(arrays).map(([name, text]) => [name, fromBase64(text)]);
          return { loss, arrays: Object.fromEntries(decoded) };
        },
        close: () => ask({ do: "close", learner }),
      };
    },
    close: () => child.stdin.end(),
  };
}

function arraysToBase64(_: string, value: unknown): unknown {
  if (!(value instanceof Float32Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
}

function fromBase64(text: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
}
