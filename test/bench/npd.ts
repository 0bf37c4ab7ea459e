/**
 * `node-doctor npd`: start, memory and CPU at rest; within the limits of node-problem-detector's own manifest; after a million
 * lines; from the kernel's log to the API server; with health-checkers. `--only rest,limits,lines,kernel,health`;
 * `--minutes N` within the limits (default 10), `--steady N` seconds of rest (60), `--lines N` (a million).
 */

import { withHealthCheckers } from './npd/health.ts'
import { fromTheKernel } from './npd/kernel.ts'
import { withinLimits } from './npd/limits.ts'
import { afterManyLines } from './npd/lines.ts'
import { atRest } from './npd/rest.ts'

const PARTS = {
  rest: atRest,
  kernel: fromTheKernel,
  health: withHealthCheckers,
  lines: afterManyLines,
  limits: withinLimits,
} as const

const at = process.argv.indexOf('--only')
const only = at < 0 ? Object.keys(PARTS) : (process.argv[at + 1] ?? '').split(',')
for (const [name, part] of Object.entries(PARTS)) if (only.includes(name)) await part()
