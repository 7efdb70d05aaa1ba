/**
 * Writes the inverse and log-determinant of symmetric positive definite matrices out in other primitives,
 * for targets that have no factorization of their own.
 *
 * Sweeping: for a block K of rows, R = A[K, :], P = R[:, K], W = R − I[K, :], the update A ← A − Wᵀ P⁻¹ W
 * leaves, once every block has had its turn, A = 2I − A⁻¹, and ln det is the sum over blocks of ln det P. The same
 * update with blocks of one row gives each P⁻¹. All of it is one scan of blocks with a scan of rows inside,
 * in float64, on the matrix scaled to a unit diagonal.
 */
import { ceilDivide, multiplySizes, type Size, subtractSizes } from "../graph/dim.ts";
import { concat, gather, identity, log, pad, sqrt, sum } from "../graph/functions.ts";
import type { Graph } from "../graph/graph.ts";
import { scan } from "../graph/scan.ts";
import { filled, iota, type Value } from "../graph/value.ts";
import { rewriteGraph } from "./rewrite.ts";

/** Rows a block: measured best of 25, 50 and 100 for 500 rows. */
const blockRows = 50;

export function expandInverses(graph: Graph): Graph {
  return rewriteGraph(graph, {
    node: (node, [matrix]) => {
      if (!node.is("inverseLogDet")) return undefined;
      const { inverse, logDet } = sweep(matrix.cast("float64"));
      return [inverse.cast(matrix.dtype), logDet.cast(matrix.dtype)];
    },
  });
}

/** The inverse [n, n] and log-determinant [] of a matrix in float64. */
function sweep(matrix: Value): { inverse: Value; logDet: Value } {
  const [rows] = matrix.shape;
  const diagonal = matrix.mul(identity(rows, "float64")).sum(1);
  const scale = sqrt(diagonal);
  const scaled = matrix.div(scale).div(scale.unsqueeze(1));
  const { inverse, logDet } =
    typeof rows === "number" && rows <= blockRows ? sweepRows(scaled) : sweepBlocks(scaled, rows);
  return { inverse: inverse.div(scale).div(scale.unsqueeze(1)), logDet: logDet.add(sum(log(diagonal))) };
}

/** Row after row. */
function sweepRows(matrix: Value): { inverse: Value; logDet: Value } {
  const [rows] = matrix.shape;
  const unit = identity(rows, "float64");
  const { states } = scan({
    states: { swept: matrix, logDet: filled(0, [], "float64") },
    sequences: { unit, at: iota(rows) },
    step: ({ swept, logDet }, { unit, at }) => {
      const row = gather(swept, at); // [n]
      const pivot = gather(row, at); // []
      const change = row.sub(unit);
      const update = change.unsqueeze(1).mul(change.div(pivot));
      return { states: { swept: swept.sub(update), logDet: logDet.add(log(pivot)) } };
    },
  });
  return { inverse: unit.mul(2).sub(states.swept), logDet: states.logDet };
}

/** Block after block, the matrix filled up with rows of the identity to a whole number of blocks. */
function sweepBlocks(matrix: Value, rows: Size): { inverse: Value; logDet: Value } {
  const blocks = ceilDivide(rows, blockRows);
  const whole = multiplySizes(blocks, blockRows);
  const missing = subtractSizes(whole, rows);
  const unit = identity(whole, "float64");
  const added = concat([filled(0, [rows], "float64"), filled(1, [missing], "float64")], 0);
  const filledUp = pad(matrix, [
    [0, missing],
    [0, missing],
  ]).add(unit.mul(added));
  const { states } = scan({
    states: { swept: filledUp, logDet: filled(0, [], "float64") },
    sequences: { units: unit.reshape([blocks, blockRows, whole]), at: iota(blocks) },
    step: ({ swept, logDet }, { units, at }) => {
      const band = gather(swept.reshape([blocks, blockRows, whole]), at); // [50, n]
      const pivot = gather(band.reshape([blockRows, blocks, blockRows]), at, 1); // [50, 50]
      const inner = sweepRows(pivot);
      const change = band.sub(units);
      const update = change.transpose().matmul(inner.inverse.matmul(change));
      return { states: { swept: swept.sub(update), logDet: logDet.add(inner.logDet) } };
    },
  });
  const inverse = unit.mul(2).sub(states.swept).slice(0, 0, rows).slice(1, 0, rows);
  return { inverse, logDet: states.logDet };
}
