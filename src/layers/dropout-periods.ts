import { InputError } from "../graph/errors.ts";

/**
 * How often each period is to be drawn, so that patterns that keep one unit in `period` drop the share `rate` of all units:
 * the K = softmax(v) that minimizes
 *
 *     (Σ K_i r_i − rate)² + (balance / N) Σ K_i ln K_i,   r_i = (i − 1) / i for period i, N periods
 *
 * (Song et al., DATE 2019, where balance is λ₂ / λ₁). The gradient vanishes where ln K_i = θ r_i + constant with
 * θ = −(2N / balance)(Σ K_i r_i − rate); as Σ K_i r_i rises with θ, one θ is the answer, and bisection finds it. At
 * balance 0, the limit, the rate is met exactly, and K is the distribution of the greatest entropy that meets it.
 *
 * @param periods whole numbers of at least 1, each once
 * @returns the probability of each period, in the same order
 * @throws InputError where no distribution over these periods has this rate, and for periods and balances that make no sense
 */
export function dropoutPeriods(rate: number, periods: readonly number[], balance = 0): Float64Array {
  checkPeriods(periods, balance);
  const shares = periods.map((period) => (period - 1) / period);
  const most = Math.max(...shares);
  if (!(rate >= Math.min(...shares) && rate <= most))
    throw new InputError(
      `a drop rate of ${rate} can't be reached by periods ${periods.join(", ")}: they drop at most ${most}; use longer periods`,
    );
  const excess = (theta: number) => {
    const likely = distribution(theta, shares);
    const dropped = shares.reduce((sum, share, i) => sum + likely[i] * share, 0);
    return dropped - rate + (theta * balance) / (2 * periods.length);
  };
  return distribution(root(excess), shares);
}

function checkPeriods(periods: readonly number[], balance: number): void {
  const odd = periods.find((period) => !Number.isInteger(period) || period < 1);
  if (odd !== undefined)
    throw new InputError(`a period of ${odd} makes no sense: use whole numbers of at least 1`);
  const twice = periods.find((period, at) => periods.indexOf(period) !== at);
  if (twice !== undefined) throw new InputError(`the period ${twice} is named twice`);
  if (periods.length === 0) throw new InputError("there are no periods to draw from: name at least one");
  if (!(balance >= 0 && balance < Number.POSITIVE_INFINITY))
    throw new InputError(`a balance of ${balance} makes no sense: use 0 or more`);
}

/** K_i ∝ e^(θ r_i) */
function distribution(theta: number, shares: readonly number[]): Float64Array {
  const peak = Math.max(...shares.map((share) => theta * share));
  const powers = Float64Array.from(shares, (share) => Math.exp(theta * share - peak));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

/** Beyond this, even neighbors among a hundred thousand periods differ by more than what a float64 tells apart. */
const steepest = 1e12;

/** Where a rising function crosses 0. */
function root(of: (theta: number) => number): number {
  let [low, high] = [-steepest, steepest];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (of(middle) < 0) low = middle;
    else high = middle;
  }
}
