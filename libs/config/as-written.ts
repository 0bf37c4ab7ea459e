/** Faults of a document that was read from another form: by the keys that stand in the file. Pure. */
import type { ConfigProblem } from './errors.ts'
import { rootSpot } from './rules/spot.ts'
import type { Place, Tree } from './tree/tree.ts'
import { at, below, type Spot } from './walk/run.ts'

/** Where everything of a tree stands. */
interface Places {
  /** By path. */
  readonly paths: ReadonlyMap<string, string>
  /** Of single values, whose keys stand elsewhere, their paths. */
  readonly values: ReadonlyMap<string, string>
}

function placesOf(tree: Tree): Places {
  const paths = new Map<string, string>()
  const values = new Map<string, string>()
  const visit = (node: Tree, spot: Spot): void => {
    if (node.kind === 'map') for (const [key, entry] of node.entries) told(entry.node, below(spot, key, entry.place))
    if (node.kind === 'list')
      for (const [index, item] of node.items.entries()) told(item, at(spot, index, undefined, item.place))
  }
  const told = (node: Tree, spot: Spot): void => {
    paths.set(spot.path, spot.place.where)
    if (node.kind === 'scalar') values.set(node.place.where, spot.path)
    visit(node, spot)
  }
  visit(tree, rootSpot(tree))
  return { paths, values }
}

/** Of an item of a list and its first key, which may stand at one place, each is found by its like. */
function likeness(path: string, where: Place['where']): string {
  return `${path.endsWith(']') ? 'item' : 'key'} ${where}`
}

/** The other way round; undefined for a place that has several, as what an anchor stands for has. */
function byPlace(paths: ReadonlyMap<string, string>): ReadonlyMap<string, string | undefined> {
  const found = new Map<string, string | undefined>()
  for (const [path, where] of paths) {
    const like = likeness(path, where)
    found.set(like, found.has(like) ? undefined : path)
  }
  return found
}

/** A path, and what encloses it, from the inside out. */
function* enclosing(path: string): Generator<string> {
  yield path
  for (let end = path.length - 1; end > 0; end--) if (path[end] === '.' || path[end] === '[') yield path.slice(0, end)
}

/**
 * @param written the document as it stands in the file
 * @param read the same in our form, in which the faults were found
 */
export function asWritten(problems: readonly ConfigProblem[], written: Tree, read: Tree): readonly ConfigProblem[] {
  if (problems.length === 0 || written === read) return problems
  const { paths: ours } = placesOf(read)
  const { paths, values } = placesOf(written)
  const theirs = byPlace(paths)
  return problems.map((problem) => {
    for (const outer of enclosing(problem.path)) {
      const where = ours.get(outer)
      // What came of the environment or a flag was written by our names.
      if (where === undefined || (outer === problem.path && where !== problem.where)) continue
      const path = theirs.get(likeness(outer, where)) ?? theirs.get(`key ${where}`) ?? values.get(where)
      if (path !== undefined) return { ...problem, path: path + problem.path.slice(outer.length) }
    }
    return problem
  })
}
