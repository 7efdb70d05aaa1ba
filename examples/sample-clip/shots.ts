/** The sample clip's shots in their order. */

import { flowers, forest, lighthouse, stars, sunrise } from "./nature.ts";
import type { ShotSound } from "./sound.ts";
import { ease, range } from "./svg.ts";
import { balls, bounces, bursts, clock, fireworks, rocket, street, train } from "./town.ts";

export interface Shot {
  name: string;
  /** Seconds. */
  length: number;
  /** SVG of the moment `t`, in seconds of the shot. */
  draw: (t: number, length: number) => string;
  sound: ShotSound;
  /** Seconds over which the shot comes out of black, or goes into it; elsewhere it begins and ends with a hard cut. */
  fadeIn?: number;
  fadeOut?: number;
}

const bounceTimes = bounces.flatMap(({ period, phase }) =>
  range(10, (n) => (n + 1) * period - phase).filter((time) => time > 0 && time < 5),
);

export const shots: readonly Shot[] = [
  { name: "sunrise", length: 6, draw: sunrise, sound: { chord: [110, 220, 277, 330] } },
  { name: "street", length: 6, draw: street, sound: { chord: [98, 196, 247, 294], rumble: () => 0.3 } },
  { name: "flowers", length: 4, draw: flowers, sound: { chord: [131, 262, 330, 392] } },
  {
    name: "balls",
    length: 5,
    draw: balls,
    sound: { chord: [147, 294, 370], events: bounceTimes.map((time) => ({ time, kind: "bounce" })) },
  },
  {
    name: "clock",
    length: 4,
    draw: clock,
    sound: { chord: [87, 175], events: range(4, (time) => ({ time, kind: "tick" })) },
  },
  { name: "forest", length: 6, draw: forest, sound: { chord: [123, 247, 311, 370] } },
  { name: "stars", length: 5, draw: stars, sound: { chord: [65, 131, 196], rumble: (t) => 0.1 + 0.06 * t } },
  {
    name: "fireworks",
    length: 7,
    draw: fireworks,
    sound: { chord: [82, 165, 247], events: bursts.map((time) => ({ time, kind: "burst" })) },
    fadeOut: 0.8,
  },
  { name: "lighthouse", length: 5, draw: lighthouse, sound: { chord: [73, 147, 175, 220] }, fadeIn: 0.8 },
  { name: "train", length: 6, draw: train, sound: { chord: [110, 165, 220], rumble: () => 0.5 } },
  {
    name: "rocket",
    length: 6,
    draw: rocket,
    sound: { chord: [55, 110], rumble: (t) => 1.6 * ease(t, 0.9, 1.8) },
  },
];

/** Seconds at which one shot gives way to the next by a hard cut. */
export const hardCuts: readonly number[] = shots
  .map((_, i) => shots.slice(0, i).reduce((sum, shot) => sum + shot.length, 0))
  .filter((_, i) => i > 0 && shots[i].fadeIn === undefined);
