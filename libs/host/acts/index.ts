/** What is done to a machine: units, programs. The one door for it, and host-actions alone goes through it. */
export * from './acts.ts'
export type * from './folder-types.ts'
export type { HeldFolders } from './held-folder.ts'
export { createKeptOutput } from './kept-output.ts'
export type { Inhibitor, Logind } from './logind.ts'
export type { FileId, OpenAmong } from './open-files.ts'
export type * from './program-types.ts'
export type * from './types.ts'
