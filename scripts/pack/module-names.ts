/** The names of a module as its declarations have them: what it declares, takes from others, and gives on. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'

/** Another module's name. */
export interface Taken {
  /** As it is written there: "#model", "./types.ts", "node:stream". */
  readonly from: string
  readonly name: string
}

/** One module. */
export interface ModuleNames {
  readonly path: string
  readonly source: ts.SourceFile
  readonly declared: ReadonlyMap<string, readonly ts.Statement[]>
  /** By the name that it has here. */
  readonly taken: ReadonlyMap<string, Taken>
  /** What it exports by name: of another module, or under which name it is known here. */
  readonly given: ReadonlyMap<string, Taken | string>
  /** Modules of which it exports everything. */
  readonly all: readonly string[]
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.NodeNext,
  allowImportingTsExtensions: true,
  strict: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
}

function textOf(specifier: ts.Expression): string {
  return (specifier as ts.StringLiteral).text
}

function namesOf(statement: ts.Statement): readonly string[] {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText())
  const { name } = statement as ts.DeclarationStatement
  return name === undefined ? [] : [name.text]
}

function isExported(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  )
}

function takenBy({ importClause, moduleSpecifier }: ts.ImportDeclaration): [string, Taken][] {
  const bindings = importClause?.namedBindings
  const from = textOf(moduleSpecifier)
  if (bindings === undefined || !ts.isNamedImports(bindings)) return []
  return bindings.elements.map(({ name, propertyName }) => [name.text, { from, name: (propertyName ?? name).text }])
}

function givenBy({ exportClause, moduleSpecifier }: ts.ExportDeclaration): [string, Taken | string][] {
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return []
  return exportClause.elements.map(({ name, propertyName }) => {
    const own = (propertyName ?? name).text
    return [name.text, moduleSpecifier === undefined ? own : { from: textOf(moduleSpecifier), name: own }]
  })
}

/** Reads a module of ours. What it exports says its types itself (no compiler looks at other files for them). */
export function readModule(path: string): ModuleNames {
  const { outputText } = ts.transpileDeclaration(readFileSync(path, 'utf8'), {
    fileName: path,
    compilerOptions: OPTIONS,
  })
  const source = ts.createSourceFile(path, outputText, ts.ScriptTarget.ES2024, true, ts.ScriptKind.TS)
  const declared = new Map<string, ts.Statement[]>()
  const taken = new Map<string, Taken>()
  const given = new Map<string, Taken | string>()
  const all: string[] = []
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) for (const [name, from] of takenBy(statement)) taken.set(name, from)
    else if (ts.isExportDeclaration(statement)) {
      for (const [name, from] of givenBy(statement)) given.set(name, from)
      if (statement.exportClause === undefined && statement.moduleSpecifier !== undefined)
        all.push(textOf(statement.moduleSpecifier))
    } else
      for (const name of namesOf(statement)) {
        declared.set(name, [...(declared.get(name) ?? []), statement])
        if (isExported(statement)) given.set(name, name)
      }
  }
  return { path, source, declared, taken, given, all }
}

/** Where modules of ours are. */
export interface Project {
  readonly root: string
  /** The subpath imports of package.json. */
  readonly imports: Readonly<Record<string, string>>
}

/** Where a module of ours is that another one names; undefined: it is none of ours. */
export function pathOf({ root, imports }: Project, from: string, at: string): string | undefined {
  if (from.startsWith('.')) return join(dirname(at), from)
  if (!from.startsWith('#')) return undefined
  const exact = imports[from]
  if (exact !== undefined) return join(root, exact)
  const wild = Object.entries(imports).find(([name]) => name.endsWith('/*') && from.startsWith(name.slice(0, -1)))
  return wild && join(root, wild[1].replace('*', from.slice(wild[0].length - 1)))
}
