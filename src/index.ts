/** Gatefold: gated recurrent networks for TypeScript. */
export {};
