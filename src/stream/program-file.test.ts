import { describe, expect, test } from "vitest";
import { cellModel, modelOf, slowFrames } from "../../test/streams.ts";
import { gru, lstm } from "../cells/index.ts";
import { InputError } from "../graph/errors.ts";
import { gather } from "../graph/functions.ts";
import { dense, recurrent } from "../layers/index.ts";
import { delta } from "../transform/delta.ts";
import { declareWeight } from "../weights/declare.ts";
import { glorotUniform } from "../weights/initializers.ts";
import { random } from "../weights/random.ts";
import { compileProgram, loadProgram, readProgram, saveProgram, stepOf } from "./index.ts";

const lstmModel = cellModel(lstm({ inputs: 3, units: 4 }), [3]);
const mixedModel = modelOf(
  (x) => {
    const h = recurrent("layer", gru({ inputs: 3, units: 5 }))(x);
    const row = gather(
      declareWeight("table", { shape: [8, 2], initializer: glorotUniform }),
      x.at(2, 0).less(0).cast("int32"),
    );
    return { y: dense("scores", { inputs: 5, units: 2 })(h).add(row).slice(2, 0, 2, -1), total: h.sum(2) };
  },
  [3],
);

const programs = [
  { title: "float32", program: compileProgram(stepOf(lstmModel)) },
  {
    title: "delta",
    program: compileProgram(stepOf(delta(mixedModel, { threshold: 0.05 }))),
  },
  { title: "int8", program: compileProgram(stepOf(mixedModel), { weights: "int8" }) },
  {
    title: "int8 delta",
    program: compileProgram(stepOf(delta(lstmModel, { threshold: 0.05 })), { weights: "int8" }),
  },
];
const frames = slowFrames(20, 3);

describe.each(programs)("a program in $title", ({ program }) => {
  test("is the same when it is read again", async () => {
    const read = readProgram(saveProgram(program));
    expect(read).toEqual(program);
    const [a, b] = [(await loadProgram(program)).stream(), (await loadProgram(read)).stream()];
    for (const x of frames) expect(b.push({ x })).toEqual(a.push({ x }));
    b.restore(a.save());
  });

  test("is refused where it is cut off, and where something follows it", () => {
    const file = saveProgram(program);
    for (let length = 0; length < file.length; length += 97)
      expect(() => readProgram(file.subarray(0, length)), `${length} bytes`).toThrow(InputError);
    const longer = new Uint8Array(file.length + 4);
    longer.set(file);
    expect(() => readProgram(longer)).toThrow("it is not whole");
  });

  test("of random changes is refused, or runs", { timeout: 60_000 }, async () => {
    const file = saveProgram(program);
    const codeBegins =
      file.length - 4 * program.maintenance.reduce((sum, { length }) => sum + length, program.code.length);
    const headerEnds = file.indexOf(10, 20);
    const stream = random(11).stream(program.groups.join());
    const below = (limit: number) => Math.floor(stream.uniform() * limit);
    let ran = 0;
    for (let time = 0; time < 2500; time++) {
      const changed = file.slice();
      for (let change = below(3); change >= 0; change--) {
        // Half of the changes hit what is not just numbers: the header, or the instructions.
        const [from, to] = [
          [0, file.length],
          [0, headerEnds],
          [codeBegins, file.length],
        ][below(3)];
        changed[from + below(to - from)] = below(2)
          ? below(256)
          : changed[from + below(to - from)] ^ (1 << below(8));
      }
      ran += (await runs(changed)) ? 1 : 0;
    }
    expect(ran).toBeGreaterThan(100);
  });
});

/** Whether bytes are a program that takes a step; any trouble but an InputError is thrown. */
async function runs(bytes: Uint8Array): Promise<boolean> {
  try {
    const program = readProgram(bytes);
    const stream = (await loadProgram(program)).stream();
    const named = program.inputs.map(({ name, shape }) => [
      name,
      new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5),
    ]);
    for (let step = 0; step < 3; step++) stream.push(Object.fromEntries(named));
    stream.restore(stream.save());
    stream.profile();
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

test("a file that claims far more memory than it should have is refused", () => {
  const text = new TextDecoder("latin1").decode(saveProgram(programs[0].program));
  for (const claim of [1e12, 2 ** 31 - 64, -64, 1.5]) {
    const hostile = text.replace(/"scratchBytes":\d+/, `"scratchBytes":${claim}`);
    const bytes = Uint8Array.from(hostile, (letter) => letter.charCodeAt(0));
    expect(() => readProgram(bytes)).toThrow(InputError);
  }
});

test("a file in the format of another version is refused as such", () => {
  const file = saveProgram(programs[0].program);
  file[file.indexOf(10) - 1]--;
  expect(() => readProgram(file)).toThrow("another version of gatefold: export it again");
});

test("a header nested a million deep is refused", () => {
  const bytes = new TextEncoder().encode(`gatefold program 2\n${"[".repeat(1e6)}${"]".repeat(1e6)}\n`);
  expect(() => readProgram(bytes)).toThrow(InputError);
});
