/** What any system is to be compared with: people, chance, and scores that look at no picture. */
import { random } from "../../../weights/random.ts";
import type { AnnotatedSet, AnnotatedVideo } from "../datasets/annotated-video.ts";
import type { Candidate, Origin } from "./evaluate.ts";
import type { Judge } from "./judge.ts";
import { type Measured, meanMeasured } from "./metrics.ts";
import { othersForEach, peopleAmongThemselves } from "./people.ts";
import { ridgeOn, type StepFeatures } from "./ridge.ts";
import { featureDistances, position, shotDuration } from "./step-features.ts";

/** How many random scores a video gets: as many as Otani et al. drew. */
const draws = 100;

/**
 * All baselines that a set allows: those on shots need shots, those on distances need features.
 *
 * @param seed of the random scores
 */
export function baselines(set: AnnotatedSet, seed: number): Candidate[] {
  const shots = set.videos.every((video) => video.shots);
  const features = set.videos.every((video) => video.features);
  return [
    measured("people, leave one out", "people", peopleAmongThemselves),
    measured("mean of the other people", "people", othersForEach),
    measured("random scores", "untrained", (judge) => randomScores(judge, seed)),
    scored("middle of the video", "untrained", middle),
    ...(shots ? [scored("short shots first", "untrained", shortShots)] : []),
    learned("ridge: position", [position]),
    ...(shots ? [learned("ridge: position, shot duration", [position, shotDuration])] : []),
    ...(shots && features
      ? [
          learned("ridge: position, shot duration, feature distances", [
            position,
            shotDuration,
            featureDistances,
          ]),
        ]
      : []),
  ];
}

function measured(name: string, origin: Origin, measure: (judge: Judge) => Measured): Candidate {
  return { name, origin, fit: () => measure };
}

function scored(
  name: string,
  origin: Origin,
  score: (video: AnnotatedVideo) => ArrayLike<number>,
): Candidate {
  return measured(name, origin, (judge) => judge.measure(score(judge.video)));
}

function learned(name: string, features: readonly StepFeatures[]): Candidate {
  return {
    name,
    origin: "without content",
    fit(train) {
      const score = ridgeOn(features, train);
      return (judge) => judge.measure(score(judge.video));
    },
  };
}

/** A score from 0 to 1 for each frame, drawn many times: the mean of what they get. */
function randomScores(judge: Judge, seed: number): Measured {
  const stream = random(seed).stream(`random scores: ${judge.video.name}`);
  const scores = new Float32Array(judge.video.frameCount);
  return meanMeasured(Array.from({ length: draws }, () => judge.measure(stream.uniforms(scores))));
}

/** 1 in the middle, 0 at both ends, straight between. */
function middle({ frameCount }: AnnotatedVideo): Float64Array {
  return Float64Array.from(
    { length: frameCount },
    (_, frame) => 1 - Math.abs((2 * frame + 1) / frameCount - 1),
  );
}

/** 1 ÷ the number of the shot's frames. */
function shortShots({ shots = [], frameCount }: AnnotatedVideo): Float64Array {
  const scores = new Float64Array(frameCount);
  for (const { start, end } of shots) scores.fill(1 / (end - start), start, end);
  return scores;
}
