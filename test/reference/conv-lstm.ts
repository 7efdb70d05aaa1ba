import type { StepReference } from "../cell-proof.ts";
import { sigmoid } from "./numbers.ts";

interface Grid {
  units: number;
  /** [height, width]; a grid of one axis has height 1. */
  grid: readonly [number, number];
  kernel: readonly [number, number];
}

/** One step of a ConvLSTM by plain loops: a sum over all places that a filter sees from one place. */
export function convLstmStep({ units, grid: [height, width], kernel: [tall, wide] }: Grid): StepReference {
  const places = height * width;

  /** One filter at one place; beyond the border lie zeros. An even kernel reaches further to the end. */
  const seen = (image: Float64Array, kernel: { data: Float64Array }, filter: number, place: number) => {
    const channels = image.length / places;
    const [row, column] = [Math.floor(place / width), place % width];
    let total = 0;
    for (let channel = 0; channel < channels; channel++) {
      for (let p = 0; p < tall; p++) {
        for (let q = 0; q < wide; q++) {
          const [y, x] = [row + p - Math.floor((tall - 1) / 2), column + q - Math.floor((wide - 1) / 2)];
          if (y < 0 || y >= height || x < 0 || x >= width) continue;
          const weight = kernel.data[((filter * channels + channel) * tall + p) * wide + q];
          total += image[channel * places + y * width + x] * weight;
        }
      }
    }
    return total;
  };

  return (x, { hidden, memory }, { input, recurrent, peepholes, bias }) => {
    const c = new Float64Array(units * places);
    const h = new Float64Array(units * places);
    for (let unit = 0; unit < units; unit++) {
      for (let place = 0; place < places; place++) {
        const at = unit * places + place;
        const sum = (gate: number) => {
          const filter = gate * units + unit;
          return seen(x, input, filter, place) + seen(hidden, recurrent, filter, place) + bias.data[filter];
        };
        const peephole = (gate: number) => peepholes.data[gate * units * places + at];
        const i = sigmoid(sum(0) + peephole(0) * memory[at]);
        const f = sigmoid(sum(1) + peephole(1) * memory[at]);
        c[at] = f * memory[at] + i * Math.tanh(sum(2));
        h[at] = sigmoid(sum(3) + peephole(2) * c[at]) * Math.tanh(c[at]);
      }
    }
    return { output: h, state: { hidden: h, memory: c } };
  };
}
