/** What Go's libraries say of texts: durations, layouts of time, quoted text, white space, command lines. Pure. */
export { DurationError, formatDuration, parseDuration } from './duration.ts'
export {
  boolFlag,
  durationFlag,
  type Flag,
  FlagError,
  type FlagOptions,
  type Flags,
  type FlagValues,
  flagUsages,
  float32Flag,
  intFlag,
  KLOG_FLAGS,
  listFlag,
  type ParsedFlags,
  parseFlags,
  stringFlag,
} from './flags/index.ts'
export { compileLayout, type Layout, type ParsedTime, TimeError } from './layout/parse.ts'
export { quote } from './quote.ts'
export { trimSpace } from './space.ts'
export { sprintf } from './sprintf.ts'
