/** `@node-doctor/monitor-kit/testing`: for the tests of a check. */
export { type FixtureCheck, fixture, startFixture } from '../testing/fixtures.ts'
export { type HandClock, handClock } from '../testing/hand-clock.ts'
export { heldMemory } from '../testing/held-memory.ts'
export { recordedHost } from '../testing/recorded-host.ts'
export { findingOf, sampleOf } from '../testing/results.ts'
export { type CheckSetting, type CheckUnderTest, startCheck } from '../testing/start-check.ts'
export type { Following, Told } from '../testing/start-following.ts'
