/** Where names are declared, followed from module to module; each module is read when it is first needed. */
import { type ModuleNames, pathOf, readModule } from './module-names.ts'

/** A name that a module of ours declares. */
export interface OfOurs {
  readonly module: ModuleNames
  readonly name: string
}

/** Where a name is declared: in a module of ours, or in one of somebody else. */
export type Declared = OfOurs | { readonly foreign: string; readonly name: string }

/** Follows names. */
export interface Names {
  moduleAt(path: string): ModuleNames
  /** Names of all that a module exports. */
  exportsOf(module: ModuleNames): readonly string[]
  /** What it exports under a name. */
  exportOf(module: ModuleNames, name: string): Declared | undefined
  /** What a name means within it; undefined: it is everybody's, or a parameter. */
  local(module: ModuleNames, name: string): Declared | undefined
}

/** @param imports the subpath imports of package.json */
export function createNames(root: string, imports: Readonly<Record<string, string>>): Names {
  const modules = new Map<string, ModuleNames>()

  function moduleAt(path: string): ModuleNames {
    const known = modules.get(path) ?? readModule(path)
    modules.set(path, known)
    return known
  }

  function follow({ path: at }: ModuleNames, from: string, name: string): Declared | undefined {
    const path = pathOf({ root, imports }, from, at)
    return path === undefined ? { foreign: from, name } : exportOf(moduleAt(path), name)
  }

  function exportOf(module: ModuleNames, name: string): Declared | undefined {
    const given = module.given.get(name)
    if (typeof given === 'string') return local(module, given)
    if (given !== undefined) return follow(module, given.from, given.name)
    for (const from of module.all) {
      const found = follow(module, from, name)
      if (found !== undefined && 'module' in found) return found
    }
    return undefined
  }

  function local(module: ModuleNames, name: string): Declared | undefined {
    if (module.declared.has(name)) return { module, name }
    const taken = module.taken.get(name)
    return taken && follow(module, taken.from, taken.name)
  }

  function exportsOf(module: ModuleNames): readonly string[] {
    const others = module.all.flatMap((from) => {
      const path = pathOf({ root, imports }, from, module.path)
      return path === undefined ? [] : exportsOf(moduleAt(path))
    })
    return [...new Set([...module.given.keys(), ...others])]
  }

  return { moduleAt, exportsOf, exportOf, local }
}
