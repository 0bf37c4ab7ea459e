import { defineConfig } from 'vitest/config'

const NEVER = ['**/node_modules/**', 'dist/**']

export default defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // How long what is awaited may take on a busy machine; what is there sooner is seen sooner.
    expect: { poll: { timeout: 5000 } },
    projects: [
      {
        // Unit tests stand beside their code.
        extends: true,
        test: {
          name: 'unit',
          include: ['libs/**/*.test.ts', 'services/**/*.test.ts', 'scripts/**/*.test.ts', 'test/bench/**/*.test.ts'],
          exclude: [...NEVER, 'services/http-exporter/page/**/*.browser.test.ts'],
          maxWorkers: 2,
          // Some of them measure time beside another worker: what fails once and then passes is reported as such.
          retry: 1,
        },
      },
      {
        // Several processes together, a browser, a machine's disks: one file at a time, when nothing else runs.
        extends: true,
        test: {
          name: 'machine',
          include: ['test/**/*.test.ts', 'services/http-exporter/page/**/*.browser.test.ts'],
          exclude: [...NEVER, 'test/soak/**', 'test/compose/**', 'test/bench/**'],
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 60_000,
          // Real processes beside whatever else this machine does: what fails once and then passes is reported as such.
          retry: 1,
          sequence: { groupOrder: 1 },
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
