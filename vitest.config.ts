import { availableParallelism } from 'node:os'
import { defineConfig, type Plugin } from 'vitest/config'
import { LongestFirst } from './scripts/verify/longest-first.ts'
import { PARTS } from './scripts/verify/parts.ts'

const NEVER = ['**/node_modules/**', 'dist/**']
/**
 * Files at once, so that two processors are never idle and seldom short: one of `unit` takes more than half of one, one that starts a
 * server or a program a quarter, one of whole sets of processes two fifths, one of the page half, beside whom the containers run.
 */
const WORKERS = { unit: Math.min(8, Math.max(4, availableParallelism())), parts: 6, world: 5, page: 3 }
/** Unit tests stand beside their code. */
const BESIDE = ['libs/**/*.test.ts', 'services/**/*.test.ts', 'scripts/**/*.test.ts', 'test/bench/**/*.test.ts']

/** Which lines run is counted of the unit tests alone: it takes half as long again, and they reach what is wanted without the others. */
const UNCOUNTED: Plugin = {
  name: 'uncounted',
  configureVitest({ project }) {
    project.config.coverage = { ...project.config.coverage, enabled: false }
  },
}

export default defineConfig({
  test: {
    // Of the clock: others have most of the machine. What may take so long and no longer is measured by its test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // How long what is awaited may take on a busy machine; what is there sooner is seen sooner.
    expect: { poll: { timeout: 15_000 } },
    projects: [
      {
        // A process for each file would cost three times what the tests do: files of a worker share one, with its modules.
        extends: true,
        test: {
          name: 'unit',
          include: BESIDE,
          exclude: [...NEVER, ...PARTS],
          isolate: false,
          maxWorkers: WORKERS.unit,
          // Some of them measure time beside other workers: what fails once and then passes is counted and named.
          retry: 1,
        },
      },
      {
        // Those that wait for a real server, service or program.
        extends: true,
        plugins: [UNCOUNTED],
        test: {
          name: 'parts',
          include: [...PARTS],
          exclude: NEVER,
          maxWorkers: WORKERS.parts,
          // Some of them measure time beside other workers: what fails once and then passes is counted and named.
          retry: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Several processes together. Each file has folders and ports of its own.
        extends: true,
        plugins: [UNCOUNTED],
        test: {
          name: 'world',
          include: ['test/**/*.test.ts'],
          exclude: [...NEVER, 'test/soak/**', 'test/compose/**', 'test/bench/**', 'test/page/**'],
          globalSetup: 'test/e2e/global-setup.ts',
          maxWorkers: WORKERS.world,
          maxConcurrency: 4,
          // Real processes beside whatever else this machine does: what fails once and then passes is counted and named.
          retry: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // The built page in a browser, one build and one browser for all.
        extends: true,
        test: {
          name: 'page',
          include: ['test/page/**/*.test.ts'],
          globalSetup: 'test/page/global-setup.ts',
          maxWorkers: WORKERS.page,
          retry: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['libs/**/*.ts', 'services/**/*.ts'],
      exclude: [
        '**/main.ts', // composition alone; the tests of test/ run them as bundles
        '**/worker.ts',
        '**/types.ts',
        '**/testing.ts',
        '**/testing-*.ts',
        '**/testing/**',
        '**/*.test.ts',
        '**/fixtures/**',
        'libs/proto/**', // generated
        'services/http-exporter/page/**', // runs in a browser and is tested in one
      ],
      reporter: ['text-summary', 'json-summary', 'html'],
      reportsDirectory: 'coverage',
      thresholds: { lines: 80, branches: 80 },
    },
  },
})
