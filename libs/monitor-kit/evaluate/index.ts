/** For the evaluate.ts of a check: judging what was read, and words for it. Pure. */
export * from './entity.ts'
export * from './growth.ts'
export * from './limits.ts'
export * from './reading.ts'
export * from './words.ts'
