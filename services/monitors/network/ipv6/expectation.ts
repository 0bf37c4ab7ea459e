/** When a lack of IPv6 is a fault: a node without it is none. Pure. */

/** `as-before`: what was there in this boot has to be there; true: it has to be there; false: it does not matter. */
export type Expectation = 'as-before' | boolean

/** Whether something has to be there. @param was it was there in this boot */
export function isExpected(expectation: Expectation, was: boolean): boolean {
  return expectation === 'as-before' ? was : expectation
}

/** Why it has to be there: " since it was before in this boot". */
export function whyExpected(expectation: Expectation): string {
  return expectation === 'as-before' ? 'it was before in this boot' : 'the configuration expects it'
}

/** Names out of what an earlier process of this boot remembered; none where that makes no sense. */
export function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string').slice(0, 1024) : []
}
