/** `task.json` of a run: what its model was trained for, on what, and how. Each task has a format of its own. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ZodType } from "zod";
import { InputError } from "../graph/errors.ts";
import { writeAside } from "./write-aside.ts";

const TASK_FILE = "task.json";

export async function writeTask(run: string, task: object): Promise<void> {
  await writeAside(join(run, TASK_FILE), `${JSON.stringify(task, null, 2)}\n`);
}

/**
 * @param schema of the task's format
 * @param command what makes such runs, as messages call it
 * @throws InputError where there is none, or one of something else
 */
export async function readTask<Task>(run: string, schema: ZodType<Task>, command: string): Promise<Task> {
  const path = join(run, TASK_FILE);
  const text = await readFile(path, "utf8").catch(() => {
    throw new InputError(`${run} is no run of "${command}": it has no ${TASK_FILE}`);
  });
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new InputError(
      `${path} is damaged, or of another task or version: give a run of "${command}", or train again`,
      { cause },
    );
  }
}
