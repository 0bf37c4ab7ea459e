/** Which values of the configuration in force something reads, as the compiler sees it. */
import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

const ROOT = join(import.meta.dirname, '../..')
const TYPES = join(ROOT, 'libs/config/types.ts')
/** Beside the schema, where types of the configuration are declared: its own, and where a value comes from. */
const DECLARING = [TYPES, join(ROOT, 'libs/config/tree/tree.ts')]
const SCHEMA = join(ROOT, 'libs/config/schema/')

/** What TypeScript keeps of a property that a mapped type renamed: whose property it was. It has no declaration itself. */
interface Renamed {
  readonly links?: { readonly syntheticOrigin?: ts.Symbol }
}

/** Where a property is declared in the end: a key of the schema, or a property of a type of ours. */
function originsOf(symbol: ts.Symbol | undefined): readonly ts.Declaration[] {
  if (symbol === undefined) return []
  const origin = (symbol as ts.Symbol & Renamed).links?.syntheticOrigin
  return origin === undefined ? (symbol.declarations ?? []) : originsOf(origin)
}

function isOfConfig(symbol: ts.Symbol): boolean {
  return originsOf(symbol).some((declaration) => {
    const { fileName } = declaration.getSourceFile()
    return DECLARING.includes(fileName) || fileName.startsWith(SCHEMA)
  })
}

/** Every leaf of a type of the configuration: its path, and where it is declared. */
function leavesOf(
  checker: ts.TypeChecker,
  type: ts.Type,
  path: string,
  found: Map<ts.Declaration, string>,
  outer: readonly ts.Type[] = [],
): void {
  for (const property of checker.getPropertiesOfType(type)) {
    const [declaration] = originsOf(property)
    if (declaration === undefined || !isOfConfig(property)) continue
    const own = checker.getNonNullableType(checker.getTypeOfSymbol(property))
    const item = checker.isArrayType(own) ? checker.getTypeArguments(own as ts.TypeReference)[0] : undefined
    const here = `${path}${path === '' ? '' : '.'}${property.name}${item === undefined ? '' : '[]'}`
    const inner = item ?? own
    const isObject =
      (inner.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0 &&
      checker.getPropertiesOfType(inner).some(isOfConfig)
    // What has itself in it (strategies of a repair) has no other leaves there.
    if (isObject && outer.includes(inner)) continue
    if (isObject) leavesOf(checker, inner, here, found, [...outer, inner])
    else found.set(declaration, here)
  }
}

/** By what names a leaf may be read: as it is declared, and as a mapped type renamed it, which its path has. */
function namesOf(leaves: ReadonlyMap<ts.Declaration, string>): ReadonlySet<string> {
  const names = [...leaves].flatMap(([declaration, path]) => [
    ts.getNameOfDeclaration(declaration)?.getText() ?? '',
    path.replace(/\[\]$/, '').replace(/^.*\./, ''),
  ])
  return new Set(names)
}

/**
 * Which keys of the configuration are read in a file: by `config.key`, or taken apart. A copy of the type by hand hides its readers from here.
 * @param names of what is asked for: the compiler is not asked for the type of anything else, which takes most of its time
 */
function readIn(
  file: ts.SourceFile,
  checker: ts.TypeChecker,
  names: ReadonlySet<string>,
  told: (declaration: ts.Declaration) => void,
): void {
  function visit(node: ts.Node): void {
    if (ts.isPropertyAccessExpression(node) && names.has(node.name.text)) tell(checker.getSymbolAtLocation(node.name))
    if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name
      if (ts.isIdentifier(name) && names.has(name.text))
        tell(checker.getTypeAtLocation(node.parent).getProperty(name.text))
    }
    ts.forEachChild(node, visit)
  }
  function tell(symbol: ts.Symbol | undefined): void {
    for (const declaration of originsOf(symbol)) told(declaration)
  }
  visit(file)
}

/** The whole source, as the compiler reads it. */
function programOf(): ts.Program {
  const files = globSync(['services/**/*.ts', 'libs/**/*.ts'], { cwd: ROOT }).filter(
    (name) => !/\.test\.ts$|testing|fixtures|\/page\/|^libs\/proto\/|\.browser\./.test(name),
  )
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    ROOT,
  )
  return ts.createProgram(
    files.map((name) => join(ROOT, name)),
    options,
  )
}

/** Paths of all values of the configuration in force, and of those that nothing beside libs/config reads. */
export interface Readers {
  readonly all: readonly string[]
  readonly unread: readonly string[]
}

/** Looks through the whole source. @throws Error where there is no type of the configuration */
export function findReaders(): Readers {
  const program = programOf()
  const checker = program.getTypeChecker()
  const declared = program
    .getSourceFile(TYPES)
    ?.statements.find((statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === 'NodeDoctorConfig')
  if (declared === undefined) throw new Error(`no NodeDoctorConfig in ${TYPES}`)
  const leaves = new Map<ts.Declaration, string>()
  leavesOf(checker, checker.getTypeAtLocation(declared), '', leaves)
  const unread = new Map(leaves)
  const names = namesOf(leaves)
  for (const file of program.getSourceFiles()) {
    const name = relative(ROOT, file.fileName)
    if (file.isDeclarationFile || name.startsWith('libs/config/') || name.startsWith('node_modules')) continue
    readIn(file, checker, names, (declaration) => unread.delete(declaration))
  }
  return { all: [...leaves.values()], unread: [...unread.values()] }
}
