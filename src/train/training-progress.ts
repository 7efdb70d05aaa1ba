/** A training's events as progress for the eye. */
import type { FitEvent } from "./fit-options.ts";
import type { Progress } from "./progress.ts";

/**
 * Makes a listener for `fit` that shows how far a training is, a line for each validation, and why it ended;
 * a JSON display gets every event as it is.
 *
 * @example
 * await fit({ onEvent: showTraining(createProgress(process.stderr)), … });
 */
export function showTraining(progress: Progress): (event: FitEvent) => void {
  let total = 0;
  let epochs = 0;
  return (event) => {
    if (event.event === "end") progress.close();
    progress.event({ ...event }, sentence(event, epochs));
    if (event.event === "start") {
      epochs = event.epochs;
      total = epochs * event.stepsPerEpoch;
      progress.report({ phase: "training", done: event.step, total });
    } else if (event.event === "step") {
      const note = `epoch ${event.epoch} of ${epochs}, loss ${figures(event.loss)}`;
      progress.report({ phase: "training", done: event.step, total, note });
    }
  };
}

function sentence(event: FitEvent, epochs: number): string | undefined {
  if (event.event === "start" && event.step > 0) return `Going on after step ${event.step}.`;
  if (event.event === "epoch" && event.validation)
    return `Epoch ${event.epoch} of ${epochs}: loss ${figures(event.loss)}; validation: ${list(event.validation)}.`;
  if (event.event !== "end" || event.reason === "epochs") return undefined;
  if (event.reason === "interrupted") return `Interrupted after step ${event.step}.`;
  return `Stopped early: nothing better since epoch ${event.best?.epoch}.`;
}

function list(scores: Record<string, number>): string {
  return Object.entries(scores)
    .map(([name, value]) => `${name} ${figures(value)}`)
    .join(", ");
}

/** Four significant figures are enough for the eye. */
function figures(value: number): string {
  return `${Number(value.toPrecision(4))}`;
}
