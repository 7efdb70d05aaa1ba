/** Ctrl-C as a signal that work can watch, so that it ends in an orderly way. */

export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Watches for SIGINT and SIGTERM until disposed of. The first aborts the signal; a second one ends the process
 * at once, as if nobody had watched.
 *
 * @example
 * using interrupt = watchInterrupt();
 * const { reason } = await fit({ signal: interrupt.signal, … });
 * if (reason === "interrupted") process.exitCode = 130;
 */
export function watchInterrupt(): Interrupt {
  const controller = new AbortController();
  const dispose = () => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
  const stop = (name: NodeJS.Signals) => {
    dispose();
    controller.abort(new Error(`stopped by ${name}`));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return { signal: controller.signal, [Symbol.dispose]: dispose };
}
