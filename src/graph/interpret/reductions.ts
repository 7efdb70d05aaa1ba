/** Operators that sum or compare along axes. */
import { type ArrayTensor, around, broadcastStrides, count, type Kernel, positions } from "./array-tensor.ts";

/** Folds each element into the result's element that stands for it. */
function reduce(
  x: ArrayTensor,
  shape: readonly number[],
  start: number,
  fold: (known: number, next: number) => number,
): Float64Array {
  const result = new Float64Array(count(shape)).fill(start);
  const places = positions(x.shape, broadcastStrides(shape, x.shape));
  for (let i = 0; i < places.length; i++) result[places[i]] = fold(result[places[i]], x.data[i]);
  return result;
}

const sum: Kernel<"sum"> = ({ operands: [x], shapes: [shape] }) => [reduce(x, shape, 0, (a, b) => a + b)];

const max: Kernel<"max"> = ({ operands: [x], shapes: [shape] }) => [
  reduce(x, shape, Number.NEGATIVE_INFINITY, Math.max),
];

const argmax: Kernel<"argmax"> = ({ operands: [x], attributes: { axis } }) => {
  const [outer, along, inner] = around(x.shape, axis);
  const result = new Float64Array(outer * inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (index: number) => x.data[(o * along + index) * inner + i];
      let best = 0;
      for (let index = 1; index < along; index++) if (at(index) > at(best)) best = index;
      result[o * inner + i] = best;
    }
  }
  return [result];
};

const cumulativeSum: Kernel<"cumulativeSum"> = ({
  operands: [x],
  attributes: { axis, exclusive, reverse },
}) => {
  const [outer, along, inner] = around(x.shape, axis);
  const result = new Float64Array(x.data.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let total = 0;
      for (let step = 0; step < along; step++) {
        const index = reverse ? along - 1 - step : step;
        const at = (o * along + index) * inner + i;
        if (exclusive) result[at] = total;
        total += x.data[at];
        if (!exclusive) result[at] = total;
      }
    }
  }
  return [result];
};

export const reductions = { sum, max, argmax, cumulativeSum };
