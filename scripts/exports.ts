/** What the libraries export, and whether it says what it is. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** Generated, or not ours. */
const NOT_OURS = /\/libs\/proto\/|\/node_modules\//

export interface Undocumented {
  /** The index: "libs/model/index.ts". */
  readonly index: string
  /** "libs/model/keys.ts: conditionKey". */
  readonly name: string
}

function isDocumented(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some((declaration) => ts.getJSDocCommentsAndTags(declaration).length > 0)
}

/** The folders of libraries whose index others import by `#name`. */
function indexesOf(root: string): string[] {
  return globSync('libs/**/index.ts', { cwd: root })
    .filter((file) => !file.startsWith('libs/proto/'))
    .sort()
}

/** Every export of a library without a docstring at its declaration. */
export function undocumentedExports(root: string): { readonly seen: number; readonly missing: Undocumented[] } {
  const config: unknown = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const indexes = indexesOf(root)
  const program = ts.createProgram(
    indexes.map((index) => join(root, index)),
    options,
  )
  const checker = program.getTypeChecker()
  let seen = 0
  const missing: Undocumented[] = []
  for (const index of indexes) {
    const file = program.getSourceFile(join(root, index))
    const module = file && checker.getSymbolAtLocation(file)
    for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      const from = symbol.declarations?.[0]?.getSourceFile().fileName ?? ''
      if (NOT_OURS.test(from)) continue
      seen++
      if (!isDocumented(symbol)) missing.push({ index, name: `${from.slice(root.length + 1)}: ${exported.name}` })
    }
  }
  return { seen, missing }
}
