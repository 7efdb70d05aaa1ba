/** How people agree with one another: what a system can be expected to reach. */
import type { Judge } from "./judge.ts";
import { type Measured, meanOf } from "./metrics.ts";

/**
 * Each person as if a system, against each of the others, leave one out: F1 is the mean (or the greatest) over the others,
 * τ and ρ the mean over the others, and each is the mean over people (Otani et al., "Rethinking the evaluation of
 * video summaries", CVPR 2019). With people's mean: each person and the mean of the others.
 */
export function peopleAmongThemselves(judge: Judge): Measured {
  const people = judge.opinions.map((_, person) => person);
  const others = (of: number) => people.filter((person) => person !== of);
  const f1 = people.map((one) => others(one).map((other) => judge.f1OfPeople(one, other)));
  const pairs = people.flatMap((one) =>
    people.slice(0, one).map((other) => judge.agreementOfPeople(one, other)),
  );
  const toMean = people.map((one) => judge.agreementWith(one, judge.atSteps(meanOfOthers(judge, one))));
  return {
    f1Mean: meanOf(f1.map(meanOf)),
    f1Max: meanOf(f1.map((values) => (values.length > 0 ? Math.max(...values) : Number.NaN))),
    tau: meanOf(pairs.map(({ tau }) => tau)),
    rho: meanOf(pairs.map(({ rho }) => rho)),
    tauToMean: meanOf(toMean.map(({ tau }) => tau)),
    rhoToMean: meanOf(toMean.map(({ rho }) => rho)),
  };
}

/**
 * The mean of the others' opinions as scores for each person left out: what a system could know who has seen what the others
 * said. Each person is compared with the scores of those others alone; F1 is the mean (or the greatest) over people. With
 * people's mean there is nothing to compare: it has everybody in it.
 */
export function othersForEach(judge: Judge): Measured {
  const each = judge.opinions.map((_, person) => {
    const mean = meanOfOthers(judge, person);
    return {
      f1: judge.f1ToEach(mean)[person] ?? Number.NaN,
      ...judge.agreementWith(person, judge.atSteps(mean)),
    };
  });
  return {
    f1Mean: meanOf(each.map(({ f1 }) => f1)),
    f1Max: Math.max(...each.map(({ f1 }) => f1)),
    tau: meanOf(each.map(({ tau }) => tau)),
    rho: meanOf(each.map(({ rho }) => rho)),
    tauToMean: Number.NaN,
    rhoToMean: Number.NaN,
  };
}

/** [frames] */
function meanOfOthers({ opinions, meanOpinion }: Judge, person: number): Float64Array {
  const count = opinions.length;
  const own = opinions[person];
  return meanOpinion.map((mean, frame) => (mean * count - own[frame]) / (count - 1));
}
