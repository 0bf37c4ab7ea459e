/** What is told of a condition before anybody has spoken of it: the words of its configuration. It proves nothing. */

/** Stands in the place of a check, so that people see that none has looked. No check may be called so: what a plug-in says, it has said. */
export const INITIAL_CHECK = '(initial-status)'

/** Whether nobody has spoken of it yet. */
export function isInitial({ check }: { readonly check: string }): boolean {
  return check === INITIAL_CHECK
}
