/** A trainer's thread: answers the requests of `startTrainer` one after another. */
import { parentPort } from "node:worker_threads";
import { InputError } from "../graph/errors.ts";
import { openStep } from "./step.ts";
import { createTrainer, type Trainer } from "./trainer.ts";
import { type Answer, buffersOf, type Request, type TrainerPlan } from "./worker-protocol.ts";

const port = parentPort!;
let trainer: Trainer | undefined;

async function create({ steps, weights, settings, session }: TrainerPlan): Promise<void> {
  const training = await openStep(steps.training, session);
  const evaluation = steps.evaluation && (await openStep(steps.evaluation, session));
  trainer = createTrainer({ training, evaluation }, weights, settings);
}

async function answer({ id, call, values }: Request): Promise<void> {
  try {
    // The protocol's types hold on the caller's side; here only their names are left.
    const method = call === "create" ? create : (trainer![call] as (...values: never[]) => Promise<unknown>);
    const result = await method(...(values as never[]));
    port.postMessage({ id, result } satisfies Answer, buffersOf(result));
    if (call === "close") port.close(); // and so the thread ends by itself
  } catch (error) {
    const { message, stack } = error as Error;
    port.postMessage({ id, error: { message, stack, input: error instanceof InputError } } satisfies Answer);
  }
}

let last = Promise.resolve();
port.on("message", (request: Request) => {
  last = last.then(() => answer(request));
});
