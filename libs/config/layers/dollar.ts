/** `$NAME`, which the Go Node Doctor takes for a variable. Here it would be a text, which nobody can have meant. */
import type { ConfigProblem } from '../errors.ts'
import { isSecretKey } from '../secrets.ts'
import type { MapNode, Place, Tree } from '../tree/tree.ts'
import { isGivenToProgram, shownKey } from './hide.ts'
import { OF_GROUPS } from './substitute.ts'

const WHOLE = /^\$([A-Za-z_][A-Za-z0-9_]*)$/

/** A fault for each value that is a variable of that form and nothing else. What may be a secret is not shown. */
export function dollarFaults(tree: MapNode): ConfigProblem[] {
  const problems: ConfigProblem[] = []

  function each(node: Tree, path: string, place: Place): void {
    if (node.kind === 'map') {
      for (const [key, entry] of node.entries)
        each(entry.node, path === '' ? shownKey(key) : `${path}.${shownKey(key)}`, entry.place)
    } else if (node.kind === 'list') {
      for (const [index, item] of node.items.entries()) each(item, `${path}[${index}]`, item.place)
    } else if (typeof node.value === 'string') value(node.value, path, place)
  }

  function value(text: string, path: string, { where }: Place): void {
    const name = WHOLE.exec(text)?.[1]
    if (name === undefined || OF_GROUPS.test(path)) return
    const isHidden = isSecretKey(path) || isGivenToProgram(path.split(/[.[\]]/))
    const [shown, expected] = isHidden ? ['a text of "$" and a name', '${NAME}'] : [`"$${name}"`, `\${${name}}`]
    problems.push({ where, path, text: `${shown} is no variable here; expected ${expected}` })
  }

  each(tree, '', tree.place)
  return problems
}
