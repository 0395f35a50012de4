import { defineConfig } from "vitest/config";

// CORDON_BIN_DIR: the browser's tests ask a real `cordon console`.
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts"], environment: "node" } },
      { test: { name: "screenshots", include: ["browser/screenshots.ts"], environment: "node" } },
      {
        test: {
          name: "browser",
          include: ["browser/**/*.test.ts"],
          environment: "node",
          // One browser at a time: a machine that is busy with several makes each of them slow.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
