import "./scripts/build-kernels.ts";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    maxWorkers: 2, // many tests wait for programs that they start
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
