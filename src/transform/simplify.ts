import type { Graph } from "../graph/graph.ts";
export const simplify = (graph: Graph): Graph => graph;
