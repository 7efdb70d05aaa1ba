import { describe, expect, it } from "vitest";
import { featureSettings } from "../frames/onnx-features.ts";
import { knownModel, knownModels } from "./known-models.ts";

describe("the list of known models", () => {
  it("has no name, file or address twice", () => {
    for (const field of ["name", "sha256", "url"] as const) {
      expect(new Set(knownModels.map((model) => model[field])).size).toBe(knownModels.length);
    }
  });

  it.each(knownModels)("says of $name what is needed to fetch and to run it", (model) => {
    expect(model.name).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(model.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(model.license).toMatch(/^(Apache-2\.0|BSD-3-Clause|MIT)$/);
    expect(model.width).toBeGreaterThan(0);
    expect(model.bytes).toBeGreaterThan(1e6);
    expect(featureSettings.parse(model.settings)).toEqual(model.settings);
    expect(model.settings.output).toBeDefined();
  });

  it.each(knownModels)("has an https address for $name that names one revision", ({ url }) => {
    const { protocol, pathname, search, hash } = new URL(url);
    expect(protocol).toBe("https:");
    expect(pathname).toMatch(/\/[0-9a-f]{40}\/.*\.onnx$/);
    expect(search + hash).toBe("");
  });

  it("tells the names it has where one is asked for that it lacks", () => {
    expect(() => knownModel("resnet")).toThrow(/"resnet" is known, only mobilenet-v2, /);
  });
});
