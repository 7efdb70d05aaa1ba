/** The sample clip's sound: a chord for every shot, with ticks, bounces, bursts and rumble where the picture has them. */

import { chance } from "./svg.ts";

/** What is heard while a shot lasts. */
export interface ShotSound {
  /** Frequencies of the chord in hertz; the first is the bass. */
  chord: readonly number[];
  /** Short sounds, in seconds of the shot. */
  events?: readonly { time: number; kind: "tick" | "bounce" | "burst" }[];
  /** Loudness of a steady rumble at a moment of the shot, 0 to 1. */
  rumble?: (t: number) => number;
}

/** Samples of one shot, −1 to 1, for `length` seconds. */
export function synthesize(sound: ShotSound, length: number, sampleRate: number): Float32Array {
  const samples = new Float32Array(Math.round(length * sampleRate));
  for (const [voice, frequency] of sound.chord.entries()) {
    addTone(samples, frequency, voice === 0 ? 0.12 : 0.055, sampleRate);
  }
  for (const { time, kind } of sound.events ?? []) addEvent(samples, time, kind, sampleRate);
  if (sound.rumble !== undefined) addRumble(samples, sound.rumble, sampleRate);
  return samples.map((value) => Math.tanh(value));
}

/** A tone that swells in and out over the shot. */
function addTone(samples: Float32Array, frequency: number, loudness: number, sampleRate: number): void {
  const step = (2 * Math.PI * frequency) / sampleRate;
  for (let i = 0; i < samples.length; i++) {
    const edge = Math.min(1, i / (0.08 * sampleRate), (samples.length - i) / (0.12 * sampleRate));
    const tremble = 1 + 0.25 * Math.sin((2 * Math.PI * 3.1 * i) / sampleRate);
    samples[i] += loudness * edge * tremble * (Math.sin(step * i) + 0.3 * Math.sin(2 * step * i));
  }
}

function addEvent(
  samples: Float32Array,
  time: number,
  kind: "tick" | "bounce" | "burst",
  sampleRate: number,
): void {
  const shapes = {
    tick: { loudness: 0.3, decay: 140, pitch: 2100, noise: 0.2 },
    bounce: { loudness: 0.45, decay: 16, pitch: 190, noise: 0.05 },
    burst: { loudness: 0.8, decay: 4.5, pitch: 64, noise: 0.8 },
  };
  const { loudness, decay, pitch, noise } = shapes[kind];
  const start = Math.round(time * sampleRate);
  const end = Math.min(samples.length, start + Math.round((5 / decay) * sampleRate));
  for (let i = Math.max(0, start); i < end; i++) {
    const age = (i - start) / sampleRate;
    const tone = Math.sin(2 * Math.PI * pitch * age * Math.exp(-age));
    samples[i] += loudness * Math.exp(-decay * age) * ((1 - noise) * tone + noise * (2 * chance(i) - 1));
  }
}

function addRumble(samples: Float32Array, loudness: (t: number) => number, sampleRate: number): void {
  let low = 0;
  for (let i = 0; i < samples.length; i++) {
    low += 0.04 * (2 * chance(i) - 1 - low);
    samples[i] += 2.4 * low * loudness(i / sampleRate);
  }
}
