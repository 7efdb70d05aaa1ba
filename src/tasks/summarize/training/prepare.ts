/** Videos as networks read them and learn from them. */
import { InputError } from "../../../graph/errors.ts";
import { type Tensor, tensor } from "../../../runtime/tensor.ts";
import { type InputPart, networkInput } from "../scoring/network-input.ts";
import type { NamedVideo } from "./select-videos.ts";

/** A video's input [steps, 1, inputs]. */
export function inputOf({ name, video }: NamedVideo, parts: readonly InputPart[]): Tensor {
  const steps = video.picks.length;
  const data = networkInput(name, video, parts);
  return tensor(data, [steps, 1, data.length / steps]);
}

/**
 * How many values the features of all these videos have; 0 where none has any.
 *
 * @throws InputError that names two videos that differ
 */
export function featureWidth(videos: readonly NamedVideo[]): number {
  const width = ({ video }: NamedVideo) => video.features?.width ?? 0;
  const [first] = videos;
  const other = videos.find((one) => width(one) !== width(first));
  if (other)
    throw new InputError(
      `the features of ${first.name} have ${width(first)} values and those of ${other.name} ${width(other)}: sets that are learned from together need the same features`,
    );
  return width(first);
}
