import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openAnnotatedSet } from "../datasets/open.ts";
import { baselines } from "./baselines.ts";
import { evaluateSummaries } from "./evaluate.ts";

/**
 * What is known of SumMe and TVSum without any model: docs/evaluation.md says where each figure is from.
 * `off`: four standard errors of 100 random scores a video.
 */
const known = [
  {
    path: "../shared/data/video-summaries/tvsum",
    name: "TVSum",
    people: { f1Mean: 0.538, f1Max: 0.775, tau: 0.177, rho: 0.204 },
    random: { f1Mean: 0.564, f1Max: 0.783, off: 0.003 },
  },
  {
    path: "../shared/data/video-summaries/summe",
    name: "SumMe",
    people: { f1Mean: 0.311, f1Max: 0.543, tau: 0.21, rho: 0.21 },
    random: { f1Mean: 0.186, f1Max: 0.404, off: 0.006 },
  },
];

describe.each(known)("$name, from annotations alone (skipped where ../shared/data is absent)", (one) => {
  it.skipIf(!existsSync(one.path))(
    "people and random scores get what they are known to get",
    async () => {
      const set = await openAnnotatedSet(one.path);
      const candidates = baselines(set, 1).filter(({ name }) => /^(people|random)/.test(name));
      const { rows } = evaluateSummaries(set, { candidates });
      const [people, chance] = rows.map(({ mean }) => mean);
      for (const metric of ["f1Mean", "f1Max", "tau", "rho"] as const)
        expect(Math.abs(people[metric] - one.people[metric]), metric).toBeLessThan(0.0006);
      for (const metric of ["f1Mean", "f1Max"] as const)
        expect(Math.abs(chance[metric] - one.random[metric]), metric).toBeLessThan(one.random.off);
      expect(Math.abs(chance.rho)).toBeLessThan(0.002);
    },
    300_000,
  );
});
