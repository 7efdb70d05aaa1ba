/** Writes the JSON schema of summary.json from its one definition. */
import { writeFileSync } from "node:fs";
import { summaryJsonSchema } from "../src/tasks/summarize/summary.ts";

const file = new URL("../schema/summary.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(summaryJsonSchema(), null, 2)}\n`);
