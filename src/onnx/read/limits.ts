/** What a file may ask for: enough for every real model, and little enough that a hostile file ends in an error at once. */

/** Nodes, attributes, tensors and the like in one file. */
export const mostMessages = 250_000;
/** Graphs inside nodes of graphs. */
export const deepestGraph = 16;
/** Axes of a tensor. */
export const mostAxes = 12;
/** Elements of any tensor whose size is known. */
export const mostElements = 2 ** 31;
/** Elements that are computed while reading, for each byte of the file, and for any file. */
export const foldedPerByte = 16;
export const foldedAtLeast = 2 ** 21;
/** Terms that the sizes of one tensor's axes make when they are multiplied. */
export const mostTerms = 2048;
/** How long a size may be written out. */
export const longestSize = 500;
/** Nodes that a graph may come to have. */
export const mostNodes = 1_000_000;
