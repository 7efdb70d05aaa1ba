import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";

/** A program that watches, notes the signal, and then needs 300 ms more. */
const program = `
  import { watchInterrupt } from ${JSON.stringify(new URL("./interrupt.ts", import.meta.url).href)};
  const interrupt = watchInterrupt();
  const work = setInterval(() => {}, 1000);
  interrupt.signal.addEventListener("abort", () => {
    console.log(interrupt.signal.reason.message);
    setTimeout(() => clearInterval(work), 300);
  });
  console.log("ready");
`;

async function run(signal: NodeJS.Signals, times: number) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  let output = "";
  for await (const text of child.stdout) {
    output += text;
    if (times-- > 0) child.kill(signal);
  }
  return { output, exit: await exit };
}

test.each(["SIGINT", "SIGTERM"] as const)("%s lets work end in its own time", async (signal) => {
  expect(await run(signal, 1)).toEqual({ output: `ready\nstopped by ${signal}\n`, exit: [0, null] });
});

test("a second one ends the process at once", async () => {
  expect((await run("SIGINT", 2)).exit).toEqual([null, "SIGINT"]);
});
