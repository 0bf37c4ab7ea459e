/** For the evaluate.ts of a check: what was read is judged, and put into words. Pure. */
export * from './entity.ts'
export * from './growth.ts'
export * from './judged-finding.ts'
export * from './limits.ts'
export * from './reading.ts'
export * from './streak.ts'
export * from './verdict.ts'
export * from './words.ts'
