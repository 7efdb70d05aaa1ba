import { describe, expect, test } from "vitest";
import { random } from "../weights/random.ts";
import { clipByNorm, globalNorm } from "./clip.ts";
import { createOptimizer, type OptimizerSettings } from "./optimizers.ts";

const STEPS = 20;
const RATE = 0.05;

/** Gradients of a bowl, f(w) = ½ Σ kᵢ (wᵢ − 1)², at the reference's own weights. */
const slope = (w: number, i: number) => (i + 1) * (w - 1);

/** Each rule as its paper or PyTorch's documentation states it, for one weight, in float64. */
type Reference = () => (w: number, g: number) => number;
const references: { settings: OptimizerSettings; reference: Reference }[] = [
  { settings: { kind: "sgd" }, reference: () => (w, g) => w - RATE * g },
  {
    settings: { kind: "sgd", weightDecay: 0.1 },
    reference: () => (w, g) => w - RATE * (g + 0.1 * w),
  },
  {
    settings: { kind: "sgd", momentum: 0.9 },
    reference: () => {
      let v = 0;
      return (w, g) => {
        v = 0.9 * v + g;
        return w - RATE * v;
      };
    },
  },
  {
    settings: { kind: "sgd", momentum: 0.9, nesterov: true },
    reference: () => {
      let v = 0;
      return (w, g) => {
        v = 0.9 * v + g;
        return w - RATE * (g + 0.9 * v);
      };
    },
  },
  { settings: { kind: "adam" }, reference: () => adam(0.9, 0.999, 1e-8) },
  {
    settings: { kind: "adam", beta1: 0.5, beta2: 0.9, epsilon: 0.1, weightDecay: 0.1 },
    reference: () => {
      const step = adam(0.5, 0.9, 0.1);
      return (w, g) => step(w, g + 0.1 * w);
    },
  },
  {
    settings: { kind: "adamW", weightDecay: 0.1 },
    reference: () => {
      const step = adam(0.9, 0.999, 1e-8);
      return (w, g) => step(w - RATE * 0.1 * w, g);
    },
  },
  {
    settings: { kind: "rmsProp", decay: 0.9 },
    reference: () => {
      let s = 0;
      return (w, g) => {
        s = 0.9 * s + 0.1 * g * g;
        return w - (RATE * g) / (Math.sqrt(s) + 1e-8);
      };
    },
  },
  {
    settings: { kind: "rmsProp", decay: 0.9, momentum: 0.5 },
    reference: () => {
      let s = 0;
      let v = 0;
      return (w, g) => {
        s = 0.9 * s + 0.1 * g * g;
        v = 0.5 * v + g / (Math.sqrt(s) + 1e-8);
        return w - RATE * v;
      };
    },
  },
];

/** What PyTorch 2.15 makes of the same bowl in 20 steps. */
const fromPyTorch: { settings: OptimizerSettings; expected: number[] }[] = [
  {
    settings: { kind: "sgd", momentum: 0.9, weightDecay: 0.1 },
    expected: [0.9239629, 0.3071554, 0.8646985, 1.3182913],
  },
  {
    settings: { kind: "sgd", momentum: 0.9, nesterov: true },
    expected: [1.0345355, 0.7600556, 0.9788061, 1.0394975],
  },
  { settings: { kind: "adam", weightDecay: 0.1 }, expected: [1.0115074, -0.0414886, 1.1056061, 0.8841546] },
  {
    settings: { kind: "adamW", weightDecay: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-3 },
    expected: [1.031571, -0.0081664, 1.0431436, 0.8186339],
  },
  { settings: { kind: "rmsProp", weightDecay: 0.1 }, expected: [0.9090909, 0.9116756, 0.9677533, 0.9756067] },
  {
    settings: { kind: "rmsProp", decay: 0.9, momentum: 0.5 },
    expected: [0.9998603, 0.854549, 1.0006613, 0.9993388],
  },
];

function adam(beta1: number, beta2: number, epsilon: number) {
  let [m, v, t] = [0, 0, 0];
  return (w: number, g: number) => {
    t += 1;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    return w - (RATE * (m / (1 - beta1 ** t))) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon);
  };
}

describe("an optimizer", () => {
  test.each(references)("moves weights as its equations do: $settings", ({ settings, reference }) => {
    const weights = { matrix: Float32Array.of(0.5, -1, 2, 0) };
    const optimizer = createOptimizer(settings, { matrix: [2, 2] });
    const steps = [0, 1, 2, 3].map(() => reference());
    let expected = [...weights.matrix];
    for (let step = 0; step < STEPS; step++) {
      const gradient = weights.matrix.map(slope);
      expected = expected.map((w, i) => steps[i](w, slope(w, i)));
      optimizer.update(weights, { matrix: gradient }, RATE);
    }
    expected.forEach((w, i) => {
      expect(weights.matrix[i]).toBeCloseTo(w, 4);
    });
  });

  test.each(fromPyTorch)("moves weights as PyTorch does: $settings", ({ settings, expected }) => {
    const weights = { matrix: Float32Array.of(0.5, -1, 2, 0) };
    const optimizer = createOptimizer(settings, { matrix: [2, 2] });
    for (let step = 0; step < STEPS; step++)
      optimizer.update(weights, { matrix: weights.matrix.map(slope) }, RATE);
    expected.forEach((w, i) => {
      expect(weights.matrix[i]).toBeCloseTo(w, 5);
    });
  });

  test("decays matrices and leaves biases alone", () => {
    const weights = { matrix: Float32Array.of(1), bias: Float32Array.of(1) };
    const still = { matrix: new Float32Array(1), bias: new Float32Array(1) };
    createOptimizer({ kind: "adamW", weightDecay: 0.5 }, { matrix: [1, 1], bias: [1] }).update(
      weights,
      still,
      0.1,
    );
    expect(weights.matrix[0]).toBeCloseTo(0.95, 6);
    expect(weights.bias[0]).toBe(1);
  });

  test.each(references)("continues from its saved state to the last bit: $settings", ({ settings }) => {
    const shapes = { matrix: [2, 3], bias: [3] };
    const stream = random(1).stream("gradients");
    const gradients = Array.from({ length: 10 }, () => ({
      matrix: stream.normals(new Float32Array(6)),
      bias: stream.normals(new Float32Array(3)),
    }));
    const whole = { matrix: new Float32Array(6), bias: new Float32Array(3) };
    const first = createOptimizer(settings, shapes);
    for (const gradient of gradients.slice(0, 5)) first.update(whole, gradient, RATE);
    const resumed = structuredClone(whole);
    const second = createOptimizer(settings, shapes);
    second.restore({
      ...structuredClone(first.state()),
      numbers: JSON.parse(JSON.stringify(first.state().numbers)),
    });
    for (const gradient of gradients.slice(5)) {
      first.update(whole, gradient, RATE);
      second.update(resumed, gradient, RATE);
    }
    expect(resumed).toEqual(whole);
  });

  test("names what is wrong with settings and with another model's state", () => {
    expect(() => createOptimizer({ kind: "adam", beta1: 1 }, {})).toThrow("optimizer: option beta1: ");
    const optimizer = createOptimizer({ kind: "adam" }, { bias: [3] });
    expect(() => optimizer.restore({ arrays: { "first/bias": new Float32Array(2) }, numbers: {} })).toThrow(
      "the saved optimizer has 2 values for first/bias, where this model needs 3",
    );
  });
});

describe("clipping", () => {
  test("scales all gradients together down to the limit, and lets smaller ones pass", () => {
    const gradients = { a: Float32Array.of(3, 0), b: Float32Array.of(0, 0, 0, 0, 4) };
    expect(clipByNorm(gradients, 10)).toBe(5);
    expect(gradients.a[0]).toBe(3);
    expect(clipByNorm(gradients, 1)).toBe(5);
    expect(globalNorm(gradients)).toBeCloseTo(1, 6);
    expect(gradients.a[0] / gradients.b[4]).toBeCloseTo(3 / 4, 6);
  });

  test("the norm of a gradient with NaN or infinity is not finite", () => {
    expect(globalNorm({ a: Float32Array.of(1, Number.NaN) })).toBeNaN();
    expect(globalNorm({ a: Float32Array.of(1, -Infinity) })).toBe(Infinity);
  });
});
