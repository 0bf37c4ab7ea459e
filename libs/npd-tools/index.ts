/** The helper programs of node-problem-detector, as functions: the same flags, texts and exit codes. */
export { healthChecker } from './health-checker/health-checker.ts'
export { logCounter } from './log-counter/log-counter.ts'
export { ownToolAt, TOOLS } from './own-tools.ts'
export type * from './tool.ts'
