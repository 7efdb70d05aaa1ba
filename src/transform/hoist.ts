import type { Graph } from "../graph/graph.ts";
export const hoist = (graph: Graph): Graph => graph;
