/** The cells of the table: every network, compressed in every way, on every split. */
import type { SpeechTask } from "../corpus/settings.ts";

/** How a network was made. */
export interface Treatment {
  /** A cell's name; or "row", an LSTM trained with approximate dropout. */
  network: "lstm" | "g2" | "row";
  /** τ of joint low rank. */
  energy?: number;
  /** Θ of the delta rule. */
  threshold?: number;
  /** For how many epochs it was tuned after that. */
  tuned: number;
}

export interface Cell extends Treatment {
  split: number;
  seed: number;
}

const lists = {
  phones: {
    energies: [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4],
    thresholds: [0.02, 0.05, 0.1, 0.15, 0.17, 0.2],
    both: [
      [0.8, 0.15],
      [0.7, 0.2],
      [0.65, 0.25],
    ],
    /** Tuned for longer than the others. */
    patient: [
      { network: "lstm", tuned: 8 },
      { network: "lstm", energy: 0.65, tuned: 8 },
      { network: "lstm", energy: 0.65, threshold: 0.25, tuned: 8 },
    ],
  },
  digits: {
    energies: [0.95, 0.9, 0.8, 0.6, 0.4],
    thresholds: [0.05, 0.1, 0.2],
    both: [
      [0.8, 0.1],
      [0.8, 0.2],
    ],
    patient: [],
  },
} as const;

/** All treatments of a task's table, in an order in which each finds what it begins from. */
export function treatments(task: SpeechTask): Treatment[] {
  const { energies, thresholds, both, patient } = lists[task];
  const network = "lstm";
  const beforeAndAfter = (change: { energy?: number; threshold?: number }) =>
    [0, 1].map((tuned) => ({ network, ...change, tuned }) as const);
  return [
    ...beforeAndAfter({}),
    ...energies.flatMap((energy) => beforeAndAfter({ energy })),
    // With Θ = 0 the network is the dense one, and so is its tuning.
    { network, threshold: 0, tuned: 0 },
    ...thresholds.flatMap((threshold) => beforeAndAfter({ threshold })),
    ...both.flatMap(([energy, threshold]) => beforeAndAfter({ energy, threshold })),
    ...patient,
    ...otherNetworks(),
  ];
}

/** G2-LSTM under the same cuts as the LSTM, and an LSTM trained with approximate dropout. */
function otherNetworks(): Treatment[] {
  const g2 = { network: "g2", tuned: 0 } as const;
  return [
    g2,
    ...[0.9, 0.8, 0.6, 0.4].map((energy) => ({ ...g2, energy })),
    ...[0.05, 0.1, 0.2].map((threshold) => ({ ...g2, threshold })),
    { network: "row", tuned: 0 },
  ];
}

/** The name of a cell's folder. */
export function cellName({ network, split, seed, energy, threshold, tuned }: Cell): string {
  const parts = [network, `split${split}`, `seed${seed}`];
  if (energy !== undefined) parts.push(`energy${energy}`);
  if (threshold !== undefined) parts.push(`delta${threshold}`);
  if (tuned > 0) parts.push(`tuned${tuned}`);
  return parts.join("-");
}
