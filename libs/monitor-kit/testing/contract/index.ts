/** The contract of every monitor, as a function of one. Never part of what runs. */
export { foldersIn, MonitorFolderError } from '../on-disk.ts'
export { contractOf, type Sentence } from './contract.ts'
export { type LimitedCondition, lastOver, wrongLimit } from './named-limits.ts'
export { type CheckRoom, type FixtureKind, type MonitorRoom, openMonitorRoom, readMonitorRoom } from './rooms.ts'
