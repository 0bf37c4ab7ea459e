/**
 * The types of a package as one file: every declaration that its entries need, each once, and nothing of what they are not made of.
 * Names are followed from module to module, so that a library's index costs only what is named of it.
 */
import ts from 'typescript'
import { createNames, type Declared, type OfOurs } from './names.ts'

/** What was made. */
export interface Declarations {
  /** The file with all of them. */
  readonly types: string
  /** By the entry's path: its names, each with the one under which it is declared. */
  readonly entries: ReadonlyMap<string, ReadonlyMap<string, string>>
}

/** The name at the left of a type that is named: `ts` of `ts.Node`. */
function leftmost(node: ts.Node): ts.Identifier | undefined {
  if (ts.isIdentifier(node)) return node
  if (ts.isQualifiedName(node)) return leftmost(node.left)
  return ts.isPropertyAccessExpression(node) ? leftmost(node.expression) : undefined
}

function namedBy(node: ts.Node): ts.Identifier | undefined {
  if (ts.isTypeReferenceNode(node)) return leftmost(node.typeName)
  if (ts.isExpressionWithTypeArguments(node)) return leftmost(node.expression)
  return ts.isTypeQueryNode(node) ? leftmost(node.exprName) : undefined
}

/** Whether a name is a parameter of the type that it stands in. */
function isParameter(node: ts.Node, name: string): boolean {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) {
    const { typeParameters } = at as { readonly typeParameters?: readonly ts.TypeParameterDeclaration[] }
    if (typeParameters?.some((parameter) => parameter.name.text === name)) return true
    if (ts.isMappedTypeNode(at) && at.typeParameter.name.text === name) return true
    if (ts.isConditionalTypeNode(at) && at.extendsType.getText().includes(`infer ${name}`)) return true
  }
  return false
}

function identifiersIn(statement: ts.Statement): ts.Identifier[] {
  const found: ts.Identifier[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportTypeNode(node))
      throw new Error(`${node.getText()}: import it by its name, so that it can be followed`)
    const name = namedBy(node)
    if (name !== undefined && !isParameter(node, name.text)) found.push(name)
    ts.forEachChild(node, visit)
  }
  visit(statement)
  return found
}

/** A declaration with its words, exported, whose names are what they are declared as. */
function printed(statement: ts.Statement, source: ts.SourceFile, names: ReadonlyMap<ts.Identifier, string>): string {
  const start = statement.getStart(source)
  const words = source.text.slice(statement.getStart(source, true), start)
  const edits = [...names].sort(([a], [b]) => b.getStart() - a.getStart())
  let text = statement.getText(source)
  for (const [identifier, name] of edits) {
    const at = identifier.getStart() - start
    text = text.slice(0, at) + name + text.slice(at + identifier.text.length)
  }
  return `${words}export ${text.replace(/^export /, '')}`
}

/** What is taken along on the way from the entries. */
interface Taking {
  /** The file of a declaration, by its name. */
  readonly places: Map<string, string>
  /** Names that somebody else declares, by his module. */
  readonly foreign: Map<string, Set<string>>
  readonly waiting: OfOurs[]
}

/** Takes it along. @returns the name that it has in the file */
function wanted({ places, foreign, waiting }: Taking, declared: Declared): string {
  const { name } = declared
  if ('foreign' in declared) {
    foreign.set(declared.foreign, (foreign.get(declared.foreign) ?? new Set()).add(name))
    return name
  }
  const place = declared.module.path
  const other = places.get(name)
  if (other !== undefined && other !== place)
    throw new Error(`${name} is declared in ${other} and in ${place}; rename one`)
  if (other === undefined) {
    places.set(name, place)
    waiting.push(declared)
  }
  return name
}

/**
 * @param imports the subpath imports of package.json
 * @param entries absolute paths of modules
 */
export function declarationsOf(
  root: string,
  imports: Readonly<Record<string, string>>,
  entries: readonly string[],
): Declarations {
  const { moduleAt, exportsOf, exportOf, local } = createNames(root, imports)
  const taking: Taking = { places: new Map(), foreign: new Map(), waiting: [] }
  const texts: string[] = []

  function take({ module, name }: OfOurs): void {
    for (const statement of module.declared.get(name) ?? []) {
      const names = new Map<ts.Identifier, string>()
      for (const identifier of identifiersIn(statement)) {
        const declared = local(module, identifier.text)
        if (declared !== undefined) names.set(identifier, wanted(taking, declared))
      }
      texts.push(printed(statement, module.source, names))
    }
  }

  const named = entries.map((path) => {
    const module = moduleAt(path)
    const names = exportsOf(module).map((name) => {
      const declared = exportOf(module, name)
      if (declared === undefined) throw new Error(`${path} exports ${name}, which nobody declares`)
      return [name, wanted(taking, declared)] as const
    })
    return [path, new Map(names)] as const
  })
  for (let next = taking.waiting.shift(); next !== undefined; next = taking.waiting.shift()) take(next)
  const lines = [...taking.foreign].map(
    ([from, names]) => `import type { ${[...names].sort().join(', ')} } from '${from}'`,
  )
  return { types: `${[...lines, ...texts].join('\n\n')}\n`, entries: new Map(named) }
}
