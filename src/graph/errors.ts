/**
 * What a user can cause and can mend: a wrong shape, option, file or folder. Its message is one clear
 * sentence that says what is wrong, where, and what to do; the command line prints it and exits with 1.
 */
export class InputError extends Error {
  override name = "InputError";
}
