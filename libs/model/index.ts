export type * from './types.ts'
export type * from './view.ts'
