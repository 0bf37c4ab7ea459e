/** What is removed from a container runtime. The one door for it, and host-actions alone goes through it. */
export { createCriPruner } from './client.ts'
export type * from './types.ts'
