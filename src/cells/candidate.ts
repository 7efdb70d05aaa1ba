import { z } from "zod";
import { sigmoid, where } from "../graph/functions.ts";
import type { Value } from "../graph/value.ts";

/** What minGRU and minLSTM make of their candidate; "positive" is g of Feng et al. 2024, appendix B. */
export const candidates = {
  linear: (x: Value) => x,
  positive: (x: Value) => where(x.less(0), sigmoid(x), x.add(0.5)),
};

/** A cell's option: one of the above. */
export const candidateOption = z.enum(["linear", "positive"]).default("linear");
