import type { AnnotatedSet, AnnotatedVideo } from "../datasets/annotated-video.ts";

/**
 * A set whose steps see what shots show: each step gets the features of the last step of the other that is not after it.
 * Annotations and steps stay, so that scores are measured at the same frames as ever.
 *
 * @param shown the same videos in the same order, with features
 */
export function featuresAtSteps(set: AnnotatedSet, shown: AnnotatedSet): AnnotatedSet {
  return { name: set.name, videos: set.videos.map((video, at) => spread(video, shown.videos[at])) };
}

function spread(video: AnnotatedVideo, { picks, features }: AnnotatedVideo): AnnotatedVideo {
  const { data, width } = features!;
  const spread = new Float32Array(video.picks.length * width);
  let shown = 0;
  video.picks.forEach((frame, step) => {
    while (shown + 1 < picks.length && picks[shown + 1] <= frame) shown++;
    spread.set(data.subarray(shown * width, (shown + 1) * width), step * width);
  });
  return { ...video, features: { data: spread, width } };
}
