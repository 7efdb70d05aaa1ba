import type { Value } from "../graph/value.ts";

/** What a layer may be told beside its input. */
export interface LayerCall {
  /** Which steps are there, bool [time, batch]; all, where none is given. */
  mask?: Value;
}

/** A function of sequences [time, batch, features] → [time, batch, outputs] that owns its weights. */
export interface Layer {
  (x: Value, call?: LayerCall): Value;
  /** How wide the output is. */
  readonly outputs: number;
}
