/** Validation by the model's own scalars: its loss and metrics on examples that it was not trained on. */
import type { Examples, Validate } from "./fit-options.ts";
import { scalarsOf } from "./trainer.ts";

/**
 * Averages the model's scalar outputs over examples, by their weights.
 *
 * @param batch examples that go through the model together.
 */
export function averageOver(examples: Examples, batch = 1): Validate {
  return async (evaluate) => {
    const sums: Record<string, number> = {};
    let total = 0;
    for (let first = 0; first < examples.count; first += batch) {
      const length = Math.min(batch, examples.count - first);
      const { feeds, weight } = await examples.load(Array.from({ length }, (_, index) => first + index));
      for (const [name, value] of Object.entries(scalarsOf(await evaluate(feeds))))
        sums[name] = (sums[name] ?? 0) + weight * value;
      total += weight;
    }
    return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / total]));
  };
}
