/** `$NAME`, which the Go program takes for a variable. Here it would be a text, which nobody can have meant. */
import { isGivenToProgram } from '../../layers/hide.ts'
import { OF_GROUPS } from '../../layers/substitute.ts'
import { isSecretKey } from '../../secrets.ts'
import type { MapNode, Place, Tree } from '../../tree/tree.ts'
import { type Site, siteBelow, type Told } from './told.ts'

const WHOLE = /^\$([A-Za-z_][A-Za-z0-9_]*)$/

/** A fault for each value that is a variable of that form and nothing else. What may be a secret is not shown. */
export function refuseDollars(tree: MapNode, told: Told): void {
  function each(node: Tree, site: Site, place: Place): void {
    if (node.kind === 'map') {
      for (const [key, entry] of node.entries) each(entry.node, siteBelow(site, key), entry.place)
      return
    }
    if (node.kind === 'list') {
      for (const [index, item] of node.items.entries())
        each(item, { path: `${site.path}[${index}]`, key: `${site.key}[${index}]` }, item.place)
      return
    }
    const name = typeof node.value === 'string' ? WHOLE.exec(node.value)?.[1] : undefined
    if (name === undefined || OF_GROUPS.test(site.path)) return
    const isHidden = isSecretKey(site.path) || isGivenToProgram(site.path.split(/[.[\]]/))
    const shown = isHidden ? ['a text of "$" and a name', '${NAME}'] : [`"$${name}"`, `\${${name}}`]
    told.fault(site, { place }, `${shown[0]} is no variable here; expected ${shown[1]}`)
  }
  each(tree, { path: '', key: '' }, tree.place)
}
