/** Zip files in which models and data sets come. */
import { unzipSync } from "fflate";
import { InputError } from "../graph/errors.ts";

/** What a packed file may grow to, against the whole file: numbers of weights hardly shrink at all. */
const LARGEST_GROWTH = 20;
const ALWAYS_ALLOWED = 1_000_000;
const MOST_ENTRIES = 65_535;

/** Whether bytes begin like a zip file. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;

/**
 * The files within a zip file, by their names there.
 *
 * @param source names the file in messages
 * @throws InputError for a damaged file, and for one whose content would be far larger than itself
 */
export function readArchive(bytes: Uint8Array, source: string): Map<string, Uint8Array> {
  const names = new Set<string>();
  let total = 0;
  const entry = ({ name, size, originalSize, compression }: ZipEntry): boolean => {
    total += originalSize;
    if (names.has(name) || names.size >= MOST_ENTRIES)
      throw new InputError(`${source} is a damaged zip file: it lists "${name}" twice, or too many files`);
    if (size > bytes.length || (compression === 0 && size !== originalSize))
      throw new InputError(`${source} is a damaged zip file: "${name}" would have ${originalSize} bytes`);
    if (total > LARGEST_GROWTH * bytes.length + ALWAYS_ALLOWED)
      throw new InputError(
        `${source}: what it holds would be more than ${LARGEST_GROWTH} times as large as the file itself`,
      );
    names.add(name);
    return true;
  };
  try {
    return new Map(Object.entries(unzipSync(bytes, { filter: entry })));
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`${source} is a damaged zip file: ${(cause as Error).message}`, { cause });
  }
}

type ZipEntry = { name: string; size: number; originalSize: number; compression: number };
