import { Command } from "commander";
import type { Profile } from "../stream/index.ts";
import { inColumns } from "./columns.ts";
import type { StreamFlags } from "./open-stream.ts";
import { withStreamOptions } from "./stream.ts";

/** `gatefold profile RUN INPUT`. */
export function profileCommand(): Command {
  return withStreamOptions(new Command("profile"))
    .summary("show where a model's work and time go")
    .description(
      "Runs a model over a file and shows, for each product with weights: parameters, multiplications a step,\n" +
        "the share of inputs that changed enough (occupancy), the multiplications that were left, and time.",
    )
    .option("--json", "print the profile as JSON")
    .addHelpText("after", "\nExample:\n  $ gatefold profile phones speech.wav --delta 0.1\n")
    .action(run);
}

async function run(
  path: string,
  input: string,
  { json, ...flags }: StreamFlags & { json?: boolean },
): Promise<void> {
  const { openStream } = await import("./open-stream.ts");
  const { frames, push, profile } = await openStream(path, input, flags, { timed: true });
  for (const frame of frames) push(frame);
  const found = profile();
  process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : `${inTable(found)}\n`);
}

function inTable({ steps, products, microseconds = {} }: Profile): string {
  const rows = products.map(({ weights, columns, rows, multiplications, occupancy }) => [
    weights.join(" + "),
    count(columns * rows),
    count(multiplications),
    `${(100 * occupancy).toFixed(1)} %`,
    count(Math.round(multiplications * occupancy)),
    time(microseconds[weights[0]]),
  ]);
  const rest = Object.entries(microseconds).filter(
    ([group]) => !products.some(({ weights }) => weights[0] === group),
  );
  const others = rest.map(([group, spent]) => [`(${group})`, "", "", "", "", time(spent)]);
  const sum = (of: (product: Profile["products"][number]) => number) =>
    count(Math.round(products.reduce((all, product) => all + of(product), 0)));
  const total = [
    "all",
    sum(({ columns, rows }) => columns * rows),
    sum(({ multiplications }) => multiplications),
    "",
    sum(({ multiplications, occupancy }) => multiplications * occupancy),
    time(Object.values(microseconds).reduce((a, b) => a + b, 0)),
  ];
  const head = ["weights", "parameters", "mult/step", "occupancy", "left", "µs/step"];
  const table = inColumns([head, ...rows, ...others, total], (column) => column === 0);
  return `${table}\n${steps} steps; measuring each instruction adds to the times`;
}

const count = (value: number): string => value.toLocaleString("en-US");
const time = (value: number | undefined): string => (value === undefined ? "" : value.toFixed(2));
