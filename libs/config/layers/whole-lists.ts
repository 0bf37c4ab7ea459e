/** Which values from outside say which checks and plug-ins there are: they come before the checks that are added by default. */
import type { Assignment } from './environment.ts'

const WHOLE: readonly string[] = ['monitors', 'defaultMonitors', 'plugins']

function nameOf({ steps: [step = ''], folded }: Assignment): string {
  const fold = (text: string) => (folded ? text.toLowerCase() : text)
  return WHOLE.find((name) => fold(name) === fold(step)) ?? step
}

/** What sets a list as a whole, and all else; what is said of items of a list that is replaced by a later value is said of none. */
export function partAssignments(all: readonly Assignment[]): {
  readonly lists: readonly Assignment[]
  readonly rest: readonly Assignment[]
} {
  const isWhole = (one: Assignment) => one.steps.length === 1 && WHOLE.includes(nameOf(one))
  const isReplaced = (one: Assignment, index: number) =>
    nameOf(one) !== 'defaultMonitors' &&
    all.findLastIndex((other) => isWhole(other) && other.isAdded !== true && nameOf(other) === nameOf(one)) > index
  const rest = all.filter((one, index) => !isWhole(one) && !isReplaced(one, index))
  return { lists: all.filter(isWhole), rest }
}
