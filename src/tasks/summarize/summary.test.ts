import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { summaryJsonSchema } from "./summary.ts";

describe("the format of summary.json", () => {
  it("is the JSON schema that the package ships (written by scripts/summary-schema.ts)", async () => {
    const shipped = await readFile(new URL("../../../schema/summary.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(shipped)).toEqual(JSON.parse(JSON.stringify(summaryJsonSchema())));
  });
});
