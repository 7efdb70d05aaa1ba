/** An LSTM by plain loops over float64 numbers, one equation a line: what the traced cell is held against. */

export interface LstmNumbers {
  /** [inputs, 4 × units], the gates side by side in the order i, f, g, o. */
  input: Float64Array;
  /** [units, 4 × units] */
  recurrent: Float64Array;
  /** [4 × units] */
  bias: Float64Array;
}

export interface LstmSequences {
  time: number;
  batch: number;
  inputs: number;
  units: number;
  /** [time, batch, inputs] */
  x: Float64Array;
  /** Which steps are there, [time, batch]; all unless stated. */
  mask?: Float64Array;
  /** The states before the first step, [batch, units]; zeros unless stated. */
  hidden?: Float64Array;
  memory?: Float64Array;
  reverse?: boolean;
}

export interface LstmResults {
  /** [time, batch, units] */
  outputs: Float64Array;
  /** After the last step that was taken, [batch, units]. */
  hidden: Float64Array;
  memory: Float64Array;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Each sequence of the batch by itself, step by step; a step that is not there changes nothing. */
export function lstmReference(weights: LstmNumbers, sequences: LstmSequences): LstmResults {
  const { time, batch, units, reverse = false, mask } = sequences;
  const outputs = new Float64Array(time * batch * units);
  const hidden = sequences.hidden?.slice() ?? new Float64Array(batch * units);
  const memory = sequences.memory?.slice() ?? new Float64Array(batch * units);
  for (let row = 0; row < batch; row++) {
    const h = hidden.subarray(row * units, (row + 1) * units);
    const c = memory.subarray(row * units, (row + 1) * units);
    for (let step = 0; step < time; step++) {
      const t = reverse ? time - 1 - step : step;
      if (mask && mask[t * batch + row] === 0) continue;
      advance(weights, sequences, xAt(sequences, t, row), h, c);
      outputs.set(h, (t * batch + row) * units);
    }
  }
  return { outputs, hidden, memory };
}

function xAt({ x, batch, inputs }: LstmSequences, t: number, row: number): Float64Array {
  return x.subarray((t * batch + row) * inputs, (t * batch + row + 1) * inputs);
}

/** One step of one sequence; h and c are replaced by those after it. */
function advance(
  { input, recurrent, bias }: LstmNumbers,
  { inputs, units }: { inputs: number; units: number },
  x: Float64Array,
  h: Float64Array,
  c: Float64Array,
): void {
  const before = h.slice();
  for (let unit = 0; unit < units; unit++) {
    const sum = (gate: number) => {
      const column = gate * units + unit;
      let total = bias[column];
      for (let k = 0; k < inputs; k++) total += input[k * 4 * units + column] * x[k];
      for (let k = 0; k < units; k++) total += recurrent[k * 4 * units + column] * before[k];
      return total;
    };
    const i = sigmoid(sum(0));
    const f = sigmoid(sum(1));
    const g = Math.tanh(sum(2));
    const o = sigmoid(sum(3));
    c[unit] = f * c[unit] + i * g;
    h[unit] = o * Math.tanh(c[unit]);
  }
}
