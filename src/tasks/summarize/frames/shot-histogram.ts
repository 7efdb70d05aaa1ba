/** What a shot looks like to models that were trained on color histograms of shots. */
import { descriptorGroups, groupsOf } from "./descriptor.ts";

/** Values of a shot's histogram. */
export const histogramWidth = descriptorGroups.colorHistogram;

const bins = histogramWidth / 3;

/**
 * The histogram that ILS-SUMM (Shemer, Rotman & Shimkin 2019, arXiv 1912.03650) publishes for each shot of SumMe and TVSum: of the
 * frame at its middle, the share of pixels in 32 bins of blue, then green, then red, each channel adding up to 1.
 *
 * @param descriptor of that frame, [descriptorWidth]
 * @returns [histogramWidth]
 */
export function shotHistogram(descriptor: Float32Array): Float32Array {
  const roots = groupsOf(descriptor).colorHistogram; // in proportion to √ of shares, red first
  const histogram = new Float32Array(histogramWidth);
  for (let channel = 0; channel < 3; channel++) {
    const from = roots.subarray(channel * bins, (channel + 1) * bins);
    const sum = from.reduce((total, root) => total + root * root, 0);
    if (sum === 0) continue;
    for (let bin = 0; bin < bins; bin++) histogram[(2 - channel) * bins + bin] = from[bin] ** 2 / sum;
  }
  return histogram;
}
