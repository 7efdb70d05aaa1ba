/** Cells, each the equations of one step, and what defines one. */

export { advancedLstm } from "./advanced-lstm.ts";
export { cellByName, cellNames } from "./by-name.ts";
export { convLstm } from "./conv-lstm.ts";
export {
  type Cell,
  type CellAt,
  type CellDefinition,
  defineCell,
  type NoiseDeclaration,
  type Values,
  width,
} from "./define-cell.ts";
export { g2Lstm } from "./g2-lstm.ts";
export { gru } from "./gru.ts";
export { janet } from "./janet.ts";
export { layerNormalized } from "./layer-normalized.ts";
export {
  type Coefficients,
  defineLinearCell,
  type LinearCell,
  type LinearCellAt,
  type LinearCellDefinition,
} from "./linear-cell.ts";
export { lstm } from "./lstm.ts";
export { minGru } from "./min-gru.ts";
export { minLstm } from "./min-lstm.ts";
export { nestedLstm } from "./nested-lstm.ts";
export { rnn } from "./rnn.ts";
export { sru } from "./sru.ts";
