/** Command lines as Go's pflag reads them. */
export { FlagError, FlagValueError } from './errors.ts'
export {
  boolFlag,
  durationFlag,
  type Flag,
  type FlagOptions,
  float32Flag,
  intFlag,
  KLOG_FLAGS,
  listFlag,
  stringFlag,
} from './kinds.ts'
export { type Flags, type FlagValues, type ParsedFlags, parseFlags } from './parse.ts'
export { flagUsages } from './usage.ts'
