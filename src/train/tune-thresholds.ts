/** The largest thresholds of a delta network that cost no more accuracy than one is willing to give. */
import { z } from "zod";
import { checkOptions } from "../cells/define-cell.ts";
import { InputError } from "../graph/errors.ts";
import { delta, deltaMultiplications } from "../transform/delta.ts";
import { overTime } from "../transform/over-time.ts";
import type { Model } from "../weights/model.ts";

/** What a model does on validation data. */
export interface DeltaScore {
  /** Higher is better. */
  accuracy: number;
  /** The shares of numbers that were passed on, by the paths of weights: the outputs "occupancy.PATH" of `deltaGraph`. */
  occupancy: Readonly<Record<string, number>>;
}

const settings = z.strictObject({
  loss: z.number().min(0).lt(1).default(0.01),
  grid: z
    .array(z.number().positive())
    .min(1)
    .default([0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6]),
  evaluations: z.int().positive().default(100),
});

/**
 * - `loss`: the share of the dense model's accuracy that may be lost.
 * - `grid`: the thresholds that are tried.
 * - `evaluations`: how many models may be evaluated at most.
 */
export interface TuneThresholdsOptions extends z.input<typeof settings> {
  evaluate: (model: Model) => Promise<DeltaScore>;
}

/** One model that was tried. */
export interface TriedThresholds extends DeltaScore {
  thresholds: Readonly<Record<string, number>>;
  /** For one step of one sequence. */
  multiplications: number;
  /** Whether it loses no more than it may. */
  accepted: boolean;
}

export interface TunedThresholds {
  /** With the thresholds that were chosen; the model as it was where none can be had at the price. */
  model: Model;
  chosen: TriedThresholds;
  /** What was tried, in order; the first is the dense model. */
  tried: TriedThresholds[];
}

/**
 * Chooses thresholds: first one for all products, the largest of the grid that may be had; then product after product, the
 * one with most multiplications left first, is raised along the grid for as long as the accuracy bears it and work is saved.
 *
 * @throws InputError for settings that make no sense, and for an evaluation that is no number
 */
export async function tuneThresholds(model: Model, options: TuneThresholdsOptions): Promise<TunedThresholds> {
  const { evaluate, ...given } = options;
  const { loss, grid, evaluations } = checkOptions("thresholds", settings, given);
  const steps = grid.toSorted((a, b) => a - b);
  const { graph } = overTime(model);
  const tried: TriedThresholds[] = [];
  const attempt = async (thresholds: Readonly<Record<string, number>>): Promise<TriedThresholds> => {
    const { accuracy, occupancy } = await evaluate({ ...model, thresholds });
    if (!Number.isFinite(accuracy)) throw new InputError(`thresholds: the evaluation gives ${accuracy}`);
    const multiplications = deltaMultiplications(graph, occupancy).after;
    const accepted = accuracy >= (tried[0]?.accuracy ?? accuracy) * (1 - loss);
    const one = { thresholds, accuracy, occupancy, multiplications, accepted };
    tried.push(one);
    return one;
  };
  const left = () => tried.length < evaluations;

  let chosen = await attempt({});
  for (const threshold of steps) {
    if (!left()) break;
    const one = await attempt(delta(model, { threshold }).thresholds!);
    if (!one.accepted) break;
    chosen = one;
  }
  const open = new Set(Object.keys(delta(model, { threshold: 0 }).thresholds!));
  while (open.size > 0 && left()) {
    const [path] = busiest(chosen, [...open], model);
    const next = steps.find((step) => step > (chosen.thresholds[path] ?? 0));
    const one = next === undefined ? undefined : await attempt({ ...chosen.thresholds, [path]: next });
    if (one?.accepted && one.multiplications < chosen.multiplications) chosen = one;
    else open.delete(path);
  }
  return { model: { ...model, thresholds: chosen.thresholds }, chosen, tried };
}

/** Paths, the one whose products have most multiplications left first. */
function busiest({ occupancy }: TriedThresholds, paths: readonly string[], model: Model): string[] {
  const { graph } = overTime(model);
  const none = deltaMultiplications(graph, {}).after;
  // What is saved if nothing were passed on, of what is passed on.
  const work = (path: string) =>
    (none - deltaMultiplications(graph, { [path]: 0 }).after) * (occupancy[path] ?? 1);
  return paths.toSorted((a, b) => work(b) - work(a));
}
