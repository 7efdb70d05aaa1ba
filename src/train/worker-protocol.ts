/** What goes between a trainer's thread and the one that asks it. */
import type { SessionOptions } from "../runtime/session.ts";
import type { CompiledStep } from "./step.ts";
import type { TrainerSettings, Weights } from "./trainer.ts";

/** All that a trainer is made from. */
export interface TrainerPlan {
  steps: { training: CompiledStep; evaluation?: CompiledStep };
  weights: Weights;
  settings: TrainerSettings;
  /** Which runtime, and how many threads. */
  session: SessionOptions;
}

/** The calls that go to the thread: the trainer's own, and the one that makes it. */
export type Call = "create" | "step" | "evaluate" | "state" | "restore" | "close";

export interface Request {
  id: number;
  call: Call;
  values: unknown[];
}

export interface Answer {
  id: number;
  result?: unknown;
  error?: { message: string; stack?: string /** Whether a user can cause and mend it. */; input: boolean };
}

/** The buffers in a result, each once: handed over, they are not copied. The sender must not need them. */
export function buffersOf(result: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(result)) {
    if (result.buffer instanceof ArrayBuffer) found.add(result.buffer);
  } else if (typeof result === "object" && result !== null) {
    for (const value of Object.values(result)) buffersOf(value, found);
  }
  return [...found];
}
