/** What is worth knowing of files of node-problem-detector, as `validate` says it: whoever starts them sees it, too. Pure. */
import { type NpdFile, renderProblem } from '#config'

/** What is more is counted. */
const LINES_MAX = 12

/** A line for each fault and each warning, the faults first; each names its file. */
export function fileNotes(files: readonly NpdFile[]): readonly string[] {
  const faults = files.flatMap((file) => file.faults.map((fault) => `cannot be used: ${renderProblem(fault)}`))
  const warnings = files.flatMap((file) => file.warnings.map((warning) => `warning: ${renderProblem(warning)}`))
  const all = [...faults, ...warnings]
  if (all.length <= LINES_MAX) return all
  return [...all.slice(0, LINES_MAX - 1), `and ${all.length - LINES_MAX + 1} more: node-doctor validate says them`]
}
