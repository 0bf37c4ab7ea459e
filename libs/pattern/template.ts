/** Texts with groups of a match in them: `disk:${dev}`, `$1`. */
import { TemplateError } from './errors.ts'

/** What the groups of a match are called. */
export interface Groups {
  readonly names: ReadonlyMap<string, number>
  readonly groupCount: number
}

/** A template of one pattern. */
export interface Template {
  readonly source: string
  /** Groups that it names, each once. */
  readonly names: readonly string[]
  /** @param groups of a match, the whole first. A group that took no part is "" */
  render(groups: readonly (string | undefined)[]): string
  /** The same; undefined where a group that it names is empty. */
  renderWhole(groups: readonly (string | undefined)[]): string | undefined
}

/** `$$`, `$1`, `${1}`, `${dev}`; any other `$` is itself. */
const REFERENCE = /\$(?:\$|(\d{1,3})|\{(\w+)\})/g

/** Names and numbers of groups in a template, each once. */
export function referencesOf(source: string): readonly string[] {
  const found = [...source.matchAll(REFERENCE)].flatMap(([, number, name]) => number ?? name ?? [])
  return [...new Set(found)]
}

function indexOf(reference: string, { names, groupCount }: Groups): number | undefined {
  const named = names.get(reference)
  if (named !== undefined) return named
  const number = /^\d+$/.test(reference) ? Number(reference) : Number.POSITIVE_INFINITY
  return number <= groupCount ? number : undefined
}

/** @throws TemplateError */
export function parseTemplate(source: string, groups: Groups): Template {
  const names = referencesOf(source)
  const places = new Map<string, number>()
  for (const name of names) {
    const index = indexOf(name, groups)
    if (index === undefined) throw new TemplateError(source, name)
    places.set(name, index)
  }
  const groupIn = (found: readonly (string | undefined)[], name: string) => found[places.get(name) ?? 0] ?? ''
  const render = (found: readonly (string | undefined)[]) =>
    source.replace(REFERENCE, (_all, number?: string, name?: string) => {
      const reference = number ?? name
      return reference === undefined ? '$' : groupIn(found, reference)
    })
  return {
    source,
    names,
    render,
    renderWhole: (found) => (names.some((name) => groupIn(found, name) === '') ? undefined : render(found)),
  }
}
