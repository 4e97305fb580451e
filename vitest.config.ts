import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

// A `.env` of one's own may name engines that are up already (PIPEC_ENGINES), so that tests need not start any.
if (existsSync('.env')) process.loadEnvFile('.env')

/** Where a program wants the outcome: a JSON report beside what people read. */
const report = process.env.PIPEC_TEST_REPORT

/** A machine that CI shares may stall an engine for a moment; scripts/closing-line.mjs says where a second try was needed. */
const retry = process.env.CI ? 1 : 0

export default defineConfig({
  test: {
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
    // Ending the engines takes longer than the ten seconds that are usual.
    teardownTimeout: 60_000,
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: ['tests/seed.ts', 'tests/temporary.ts'],
          globalSetup: 'tests/temporary-root.ts',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/engines/**', 'tests/conformance/**'],
          testTimeout: 30_000,
          // Vitest would leave one core to itself, of two the half, and has hardly any use for it.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'engines',
          retry,
          include: ['tests/engines/**/*.test.ts'],
          setupFiles: 'tests/temporary.ts',
          globalSetup: ['tests/temporary-root.ts', 'tests/engines/setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // One file after the other: they share one set of engines, and its slots and cores.
          fileParallelism: false,
          // After the unit tests: they would fight over the cores.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          // Without a second try: two engines that disagree once disagree.
          name: 'conformance',
          include: ['tests/conformance/**/*.test.ts'],
          // Takes the engines that the project above has started.
          setupFiles: 'tests/temporary.ts',
          globalSetup: ['tests/temporary-root.ts', 'tests/engines/setup.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
