/** For the tests of a check. Never part of what runs. */
export * from './start-check.ts'
