#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { InputError } from "../graph/errors.ts";
import { version } from "../version.ts";
import { compressCommand } from "./compress.ts";
import { dataCommand } from "./data.ts";
import { evaluateCommand } from "./evaluate.ts";
import { exportCommand } from "./export.ts";
import { featuresCommand } from "./features.ts";
import { importCommand } from "./import.ts";
import { profileCommand } from "./profile.ts";
import { speechCommand } from "./speech.ts";
import { streamCommand } from "./stream.ts";
import { summarizeCommand } from "./summarize.ts";
import { trainCommand } from "./train.ts";

const program = new Command("gatefold")
  .description("Gated recurrent networks at work on your own machine.")
  .version(version, "-V, --version", "print the version")
  .helpCommand(false)
  .addHelpText("after", "\nBegin with:\n  $ gatefold summarize VIDEO\n")
  .addCommand(summarizeCommand())
  .addCommand(dataCommand())
  .addCommand(featuresCommand())
  .addCommand(evaluateCommand())
  .addCommand(importCommand())
  .addCommand(exportCommand())
  .addCommand(compressCommand())
  .addCommand(streamCommand())
  .addCommand(profileCommand())
  .addCommand(speechCommand())
  .addCommand(trainCommand());

for (const command of withSubcommands(program)) command.exitOverride();
for (const command of [program, ...program.commands]) {
  command
    .helpOption("-h, --help", "print help")
    .configureHelp({ helpWidth: 80 })
    .showHelpAfterError("(--help tells what is possible)");
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0); // the reader has seen enough
    throw error;
  });
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** Says what went wrong; returns the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has printed its message
  if (error instanceof InputError) {
    process.stderr.write(`error: ${error.message}\n`); // as commander does
    return 1;
  }
  throw error;
}
