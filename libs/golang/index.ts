/** What Go's standard library says of texts: durations, layouts of time, quoted text, white space. Pure. */
export { DurationError, formatDuration, parseDuration } from './duration.ts'
export { compileLayout, type Layout, type ParsedTime, TimeError } from './layout/parse.ts'
export { quote } from './quote.ts'
export { trimSpace } from './space.ts'
