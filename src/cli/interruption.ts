/** Turns Ctrl-C and a polite kill into an abort signal, so that work can clean up after itself. */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #stop = (name: NodeJS.Signals): void => {
    if (this.#controller.signal.aborted) process.exit(exitCode(name)); // asked twice: don't wait
    this.#controller.abort(new InterruptedError(name));
  };

  readonly signal = this.#controller.signal;

  constructor() {
    process.on("SIGINT", this.#stop).on("SIGTERM", this.#stop);
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.#stop).off("SIGTERM", this.#stop);
  }
}

/** What aborted work throws when the user interrupted it. */
export class InterruptedError extends Error {
  override name = "InterruptedError";
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super("Interrupted.");
    this.exitCode = exitCode(signal);
  }
}

function exitCode(signal: NodeJS.Signals): number {
  return signal === "SIGINT" ? 130 : 143;
}
