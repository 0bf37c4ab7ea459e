import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Unit tests stand beside their code; tests of several processes together stand in test/.
    include: ['libs/**/*.test.ts', 'services/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['node_modules', 'dist', 'test/soak/**', 'test/compose/**'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
