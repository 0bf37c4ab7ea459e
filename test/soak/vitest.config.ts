/** `make soak`: what survives faults, at full length. Not part of `make test`. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: [
      'test/soak/**/*.test.ts',
      'test/e2e/survive*.test.ts',
      'test/e2e/hostile*.test.ts',
      'test/e2e/strained-checks.test.ts',
      'test/page/weight.test.ts',
      'libs/config/hostile.test.ts',
      'services/monitors/contract.test.ts',
      'services/remediator/gates/limits.property.test.ts',
      'services/remediator/kill/kill.test.ts',
      'test/deploy/process-one.test.ts',
    ],
    globalSetup: 'test/page/global-setup.ts',
    env: {
      NODE_DOCTOR_KILL_ROUNDS: '3',
      NODE_DOCTOR_SOAK_AWAY_MS: '30000',
      NODE_DOCTOR_SOAK_HISTORIES: '100000',
      NODE_DOCTOR_SOAK_MESSAGES: '600',
      NODE_DOCTOR_SOAK_ORPHANS: '1000',
      NODE_DOCTOR_SOAK_READ_TWICE: '20000',
      NODE_DOCTOR_SOAK_TRIES: '300',
      NODE_DOCTOR_STRAINED_ROUNDS: '5000',
    },
    testTimeout: 30 * 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
  },
})
