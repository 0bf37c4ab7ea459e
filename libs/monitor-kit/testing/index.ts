/** For the tests of a check. Never part of what runs. */
export * from './fixtures.ts'
export * from './hand-clock.ts'
export * from './held-memory.ts'
export * from './monitor-process.ts'
export * from './recorded-host.ts'
export * from './results.ts'
export * from './start-check.ts'
export * from './start-following.ts'
