/** Products of matrices, convolution, and the inverse of a positive definite matrix. */
import { InputError } from "../errors.ts";
import { broadcastStrides, count, type Kernel, positions } from "./array-tensor.ts";

const matmul: Kernel<"matmul"> = ({ operands: [a, b], shapes: [shape] }) => {
  const [rows, columns] = shape.slice(-2);
  const shared = a.shape.at(-1)!;
  const lead = shape.slice(0, -2);
  const starts = [a, b].map((x) => positions(lead, broadcastStrides(x.shape.slice(0, -2), lead)));
  const result = new Float64Array(count(shape));
  for (let batch = 0; batch < starts[0].length; batch++) {
    const left = starts[0][batch] * rows * shared;
    const right = starts[1][batch] * shared * columns;
    for (let i = 0; i < rows; i++) {
      const to = (batch * rows + i) * columns;
      for (let k = 0; k < shared; k++) {
        const factor = a.data[left + i * shared + k];
        for (let j = 0; j < columns; j++) result[to + j] += factor * b.data[right + k * columns + j];
      }
    }
  }
  return [result];
};

const contract: Kernel<"contract"> = ({ operands: [a, b], shapes: [[m, n]] }) => {
  const result = new Float64Array(m * n);
  const terms = count(a.shape.slice(0, -1));
  for (let term = 0; term < terms; term++) {
    for (let i = 0; i < m; i++) {
      const factor = a.data[term * m + i];
      for (let j = 0; j < n; j++) result[i * n + j] += factor * b.data[term * n + j];
    }
  }
  return [result];
};

/** One axis of positions is treated as two, the first of size 1. */
function plane(sizes: readonly number[], alone: number): readonly number[] {
  return sizes.length === 1 ? [alone, ...sizes] : sizes;
}

const conv: Kernel<"conv"> = ({ operands: [x, kernel], attributes, shapes: [shape] }) => {
  const [batch, filters] = shape;
  const channels = x.shape[1];
  const [height, width] = plane(x.shape.slice(2), 1);
  const [rows, columns] = plane(shape.slice(2), 1);
  const [tall, wide] = plane(kernel.shape.slice(2), 1);
  const stride = plane(attributes.stride, 1);
  const dilation = plane(attributes.dilation, 1);
  const before = plane(attributes.before, 0);
  const result = new Float64Array(count(shape));

  const at = (n: number, filter: number, row: number, column: number) => {
    let total = 0;
    for (let channel = 0; channel < channels; channel++) {
      for (let p = 0; p < tall; p++) {
        const i = row * stride[0] + p * dilation[0] - before[0];
        if (i < 0 || i >= height) continue;
        for (let q = 0; q < wide; q++) {
          const j = column * stride[1] + q * dilation[1] - before[1];
          if (j < 0 || j >= width) continue;
          const pixel = x.data[((n * channels + channel) * height + i) * width + j];
          total += pixel * kernel.data[((filter * channels + channel) * tall + p) * wide + q];
        }
      }
    }
    return total;
  };
  let to = 0;
  for (let n = 0; n < batch; n++) {
    for (let filter = 0; filter < filters; filter++) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) result[to++] = at(n, filter, row, column);
      }
    }
  }
  return [result];
};

/** A = L Lᵀ with L lower triangular; reads the lower half of A alone. */
function cholesky(matrix: Float64Array, n: number): Float64Array {
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * n + j];
      for (let k = 0; k < j; k++) rest -= lower[i * n + k] * lower[j * n + k];
      if (i === j && !(rest > 0)) {
        throw new InputError(
          `inverseLogDet: the matrix [${n}, ${n}] is not positive definite (pivot ${i} is ${rest})`,
        );
      }
      lower[i * n + j] = i === j ? Math.sqrt(rest) : rest / lower[j * n + j];
    }
  }
  return lower;
}

/** The inverse of a lower triangular matrix, by forward substitution. */
function invertLower(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let column = 0; column < n; column++) {
    for (let i = column; i < n; i++) {
      let rest = i === column ? 1 : 0;
      for (let k = column; k < i; k++) rest -= lower[i * n + k] * inverse[k * n + column];
      inverse[i * n + column] = rest / lower[i * n + i];
    }
  }
  return inverse;
}

/** A⁻¹ = L⁻ᵀ L⁻¹ and ln det A = 2 Σ ln L_ii. */
const inverseLogDet: Kernel<"inverseLogDet"> = ({ operands: [matrix], shapes: [[n]] }) => {
  const lower = cholesky(matrix.data, n);
  const half = invertLower(lower, n);
  const inverse = new Float64Array(n * n);
  let logDet = 0;
  for (let i = 0; i < n; i++) {
    logDet += 2 * Math.log(lower[i * n + i]);
    for (let j = 0; j < n; j++) {
      for (let k = Math.max(i, j); k < n; k++) inverse[i * n + j] += half[k * n + i] * half[k * n + j];
    }
  }
  return [inverse, Float64Array.of(logDet)];
};

export const linearAlgebra = { matmul, contract, conv, inverseLogDet };
