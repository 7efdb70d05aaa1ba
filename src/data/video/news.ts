/** Wakes whoever waits for something to have changed. */
export class News {
  #wake = () => {};
  #change = this.#nextChange();

  tell(): void {
    this.#wake();
    this.#change = this.#nextChange();
  }

  next(): Promise<void> {
    return this.#change;
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
