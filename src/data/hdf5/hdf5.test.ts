/** HDF5 files hold what h5py put into them: bench/hdf5-files.py wrote both down. */
import { existsSync, readFileSync } from "node:fs";
import { unzlibSync } from "fflate";
import { describe, expect, test } from "vitest";
import { mutated } from "../../../test/mutated.ts";
import { InputError } from "../../graph/errors.ts";
import { type Hdf5Array, type Hdf5Group, isHdf5, readHdf5 } from "./read.ts";

interface Golden {
  title: string;
  many: number;
  file: string;
  arrays: Record<string, { dims: number[]; data: number[] }>;
}

const { cases } = JSON.parse(
  readFileSync(new URL("../../../test/goldens/hdf5-files.json", import.meta.url), "utf8"),
) as { cases: Golden[] };

const bytesOf = ({ file }: Golden): Uint8Array => unzlibSync(Buffer.from(file, "base64"));

function arrayAt(root: Hdf5Group, path: string): Hdf5Array | undefined {
  const names = path.split("/");
  const group = names.slice(0, -1).reduce<Hdf5Group | undefined>((at, name) => at?.groups.get(name), root);
  return group?.arrays.get(names[names.length - 1]);
}

describe.each(cases)("a file $title", (golden) => {
  const root = readHdf5(bytesOf(golden), "m");

  test("has its arrays, compressed ones too", () => {
    for (const [path, { dims, data }] of Object.entries(golden.arrays)) {
      const read = arrayAt(root, path);
      expect(read?.dims, path).toEqual(dims);
      expect(Array.from(read!.data, Number), path).toEqual(data);
    }
  });

  test("has its groups, texts and what they say of themselves", () => {
    expect(root.groups.get("videos")!.groups.size).toBe(golden.many);
    expect(root.groups.get("videos")!.groups.get("video_3")!.attributes.get("title")).toBe("clip 3");
    expect(root.attributes.size).toBe(Math.floor(golden.many / 4));
    expect(root.texts.get("name")).toMatchObject({ dims: [], texts: ["größer"] });
    expect(root.texts.get("fixed")?.texts).toEqual(["one", "three"]);
  });

  test("has references that lead to their objects", () => {
    const { targets } = root.references.get("seen")!;
    expect(targets).toEqual([arrayAt(root, "a/chunks"), arrayAt(root, "scores")]);
  });
});

test("whatever is cut off, a file is refused", () => {
  for (const golden of cases) {
    const bytes = bytesOf(golden);
    for (let end = 0; end < bytes.length; end += 997)
      expect(() => readHdf5(bytes.subarray(0, end), "m"), `${golden.title}, ${end}`).toThrow(
        end < 1000
          ? /^m is a damaged HDF5 file/
          : /^m is a damaged HDF5 file: it is cut short: of its \d+ bytes it has \d+$/,
      );
  }
});

test("an array that would unpack to far more than can be is refused", () => {
  const bytes = bytesOf(cases[0]);
  const longs = (...numbers: number[]) => Buffer.from(BigInt64Array.from(numbers.map(BigInt)).buffer);
  const dims = Buffer.from(bytes).indexOf(longs(4, 301));
  Buffer.from(bytes.buffer).set(longs(4e6, 301e6), dims);
  expect(() => readHdf5(bytes, "m")).toThrow(/^m is .*"packed"/);
});

test("of 2,000 damaged files each is read, or refused with a reason", () => {
  const files = cases.map(bytesOf);
  let slowest = 0;
  for (let seed = 0; seed < 2000; seed++) {
    const start = performance.now();
    try {
      readHdf5(mutated(files[seed % files.length], seed, { dense: true }), "m");
    } catch (error) {
      if (!(error instanceof InputError)) throw new Error(`seed ${seed}`, { cause: error });
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  expect(slowest).toBeLessThan(1000);
}, 60_000);

const tvsum = "../shared/data/video-summaries/tvsum/ydata-tvsum50.mat";

test.skipIf(!existsSync(tvsum))(
  "MATLAB's file of TVSum is read (skipped where ../shared/data is absent)",
  () => {
    const bytes = readFileSync(tvsum);
    expect(isHdf5(bytes)).toBe(true);
    const annotations = readHdf5(bytes, tvsum).groups.get("tvsum50")!.references.get("user_anno")!;
    expect(annotations.dims).toEqual([50, 1]);
    expect(annotations.targets[0]).toMatchObject({ dims: [20, 10_597], dtype: "float64" });
  },
);
