/** Files that are whole or absent, whenever the process or the machine stops. */
import { open, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** What a file is called while it is being written. */
export const PARTIAL = ".partial";

/** Writes a file under another name, brings it to disk, and only then gives it its name. */
export async function writeAside(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path + PARTIAL, content);
  await giveName(path);
}

/** Brings a file that was written under its other name to disk, and gives it its name. */
export async function giveName(path: string): Promise<void> {
  const file = await open(path + PARTIAL, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(path + PARTIAL, path);
  await syncFolder(dirname(path));
}

/** Brings a folder's list of names to disk, where the system lets folders be opened (Windows does not). */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
