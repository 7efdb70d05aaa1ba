/** What people said of a video, made ready to be compared with. */
import { InputError } from "../../../graph/errors.ts";
import type { AnnotatedVideo } from "../datasets/annotated-video.ts";
import { meanOverUsers } from "../datasets/labels.ts";
import { f1, frameScores, keyShots, summaryFrames } from "./key-shots.ts";
import { type Measured, meanOf } from "./metrics.ts";
import { kendall, type Ranking, ranking, spearman } from "./rank-correlation.ts";

/** A person's summary, and how many of its frames lie in each shot: enough to compare any choice of shots with it. */
interface PersonsSummary {
  frames: Uint8Array;
  size: number;
  /** [shots] */
  inShots: Int32Array;
}

/** How alike two orders are; a list that orders nothing agrees with none: 0. */
interface Agreement {
  tau: number;
  rho: number;
}

export class Judge {
  readonly video: AnnotatedVideo;
  /** Each person's opinion of each frame: scores, or the summary where there are none. */
  readonly opinions: readonly ArrayLike<number>[];
  /** The mean of all people's opinions, [frames]. */
  readonly meanOpinion: Float64Array;
  /** None where a summary can't be told: neither given nor to be made, for want of shots. */
  readonly #summaries: readonly PersonsSummary[] | undefined;
  readonly #rankings: readonly Ranking[];
  readonly #meanRanking: Ranking;

  /** @throws InputError for a video that nobody annotated */
  constructor(video: AnnotatedVideo) {
    this.video = video;
    if (video.users.length === 0)
      throw new InputError(
        `video "${video.name}": nobody said anything of it, so there is nothing to compare with`,
      );
    this.opinions = video.users.map(({ scores, summary }) => scores ?? summary!);
    this.meanOpinion = meanOverUsers(this.opinions, video.frameCount);
    this.#summaries = summariesOf(video);
    this.#rankings = this.opinions.map((opinion) => ranking(this.atSteps(opinion)));
    this.#meanRanking = ranking(this.atSteps(this.meanOpinion));
  }

  /** A frame's values at the steps, [steps]. */
  atSteps(frames: ArrayLike<number>): Float64Array {
    const { picks } = this.video;
    const steps = new Float64Array(picks.length);
    for (let step = 0; step < steps.length; step++) steps[step] = frames[picks[step]];
    return steps;
  }

  /**
   * Measures scores of the frames or of the steps: which of the two, their number tells. Orders are compared at the steps.
   *
   * @param scores [frames] or [steps]
   */
  measure(scores: ArrayLike<number>): Measured {
    const { frames, steps } = this.spread(scores);
    const summaries = this.f1ToEach(frames);
    const order = ranking(steps);
    const orders = this.#rankings.map((person) => agreement(order, person));
    const { tau, rho } = agreement(order, this.#meanRanking);
    return {
      f1Mean: meanOf(summaries),
      f1Max: summaries.length > 0 ? Math.max(...summaries) : Number.NaN,
      tau: meanOf(orders.map((one) => one.tau)),
      rho: meanOf(orders.map((one) => one.rho)),
      tauToMean: tau,
      rhoToMean: rho,
    };
  }

  /**
   * Scores of all frames and of all steps, from either.
   *
   * @throws InputError for scores of another number
   */
  spread(scores: ArrayLike<number>): { frames: ArrayLike<number>; steps: ArrayLike<number> } {
    const { picks, frameCount, name } = this.video;
    if (scores.length === picks.length)
      return { frames: frameScores(scores, picks, frameCount), steps: scores };
    if (scores.length === frameCount) return { frames: scores, steps: this.atSteps(scores) };
    throw new InputError(
      `video "${name}" has ${scores.length} scores: give one for each of its ${frameCount} frames, or for each of its ${picks.length} steps`,
    );
  }

  /** F1 of the summary that these scores of frames lead to, and each person's; empty where there are no shots. */
  f1ToEach(frames: ArrayLike<number>): number[] {
    const { shots } = this.video;
    if (!shots || !this.#summaries) return [];
    const taken = keyShots(frames, shots);
    const size = shots.reduce((sum, { start, end }, shot) => sum + (taken[shot] ? end - start : 0), 0);
    return this.#summaries.map((person) => {
      const both = person.inShots.reduce((sum, count, shot) => sum + (taken[shot] ? count : 0), 0);
      return f1(both, size, person.size);
    });
  }

  /** F1 of two people's summaries. */
  f1OfPeople(one: number, other: number): number {
    if (!this.#summaries) return Number.NaN;
    const [a, b] = [this.#summaries[one], this.#summaries[other]];
    let both = 0;
    for (let frame = 0; frame < a.frames.length; frame++) both += a.frames[frame] & b.frames[frame];
    return f1(both, a.size, b.size);
  }

  /** How alike two people order the steps; NaN where one of them orders nothing. */
  agreementOfPeople(one: number, other: number): Agreement {
    const [a, b] = [this.#rankings[one], this.#rankings[other]];
    return { tau: kendall(a, b), rho: spearman(a, b) };
  }

  /** How alike scores of the steps and a person order them; NaN where the person orders nothing. */
  agreementWith(person: number, steps: ArrayLike<number>): Agreement {
    return agreement(ranking(steps), this.#rankings[person]);
  }
}

/**
 * A person, or people's mean, who finds all steps equal says nothing of order: NaN, left out of means. Scores that are all equal
 * have told nothing of it: 0, as random ones get on average.
 */
function agreement(scores: Ranking, person: Ranking): Agreement {
  if (person.levels < 2) return { tau: Number.NaN, rho: Number.NaN };
  if (scores.levels < 2) return { tau: 0, rho: 0 };
  return { tau: kendall(scores, person), rho: spearman(scores, person) };
}

/** Summaries as they are given; else made from scores, as TVSum's are: shots' means, and the knapsack. */
function summariesOf(video: AnnotatedVideo): PersonsSummary[] | undefined {
  const { shots, users, frameCount } = video;
  if (!shots) return undefined;
  return users.map(({ summary, scores }) => {
    const frames = summary ?? summaryFrames(keyShots(scores!, shots), shots, frameCount);
    const inShots = Int32Array.from(shots, ({ start, end }) => {
      let count = 0;
      for (let frame = start; frame < end; frame++) count += frames[frame];
      return count;
    });
    return { frames, inShots, size: inShots.reduce((sum, count) => sum + count, 0) };
  });
}
