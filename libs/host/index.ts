export { spawnChild } from './child.ts'
export { HostExecError, HostReadError } from './errors.ts'
export { createHost, type HostOptions } from './host.ts'
export type * from './types.ts'
