/**
 * What a user can cause and can mend: a wrong shape, option, file or folder. Its message is one clear
 * sentence that says what is wrong, where, and what to do; the command line prints it and exits with 1.
 */
export class InputError extends Error {
  override name = "InputError";
}

/** Does something; a mistake found on the way is told under a name, "NAME: what is wrong". */
export function named<Result>(name: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${name}: ${error.message}`, { cause: error });
  }
}

/** Says why a file or folder can't be read: `await readFile(path).catch(unreadable(path))`. */
export function unreadable(path: string): (error: NodeJS.ErrnoException) => never {
  return ({ code, message }) => {
    throw new InputError(`${path} can't be read: ${code === "ENOENT" ? "there is no such file" : message}`);
  };
}
