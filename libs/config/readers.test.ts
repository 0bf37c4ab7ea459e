import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const TYPES = join(ROOT, 'libs/config/types.ts')
const SCHEMA = join(ROOT, 'libs/config/schema/')

/** Of the processor: the compiler reads all of the source. A quarter of it is what it takes. */
const CPU_MS = 60_000
/** Of the clock, where others have most of the machine. */
const WALL_MS = 600_000

/** What a promise is that nothing of this version can keep: the remediator is told as missing where it is asked for. */
const NOT_BUILT = /^remediation\.|^monitors\[\]\.remediation\.|^settings\.(enableRemediation|dryRunMode)$/

/** What TypeScript keeps of a property that a mapped type renamed: whose property it was. It has no declaration itself. */
interface Renamed {
  readonly links?: { readonly syntheticOrigin?: ts.Symbol }
}

/** Where a property is declared in the end: a key of the schema, or a property of types.ts. */
function originsOf(symbol: ts.Symbol | undefined): readonly ts.Declaration[] {
  if (symbol === undefined) return []
  const origin = (symbol as ts.Symbol & Renamed).links?.syntheticOrigin
  return origin === undefined ? (symbol.declarations ?? []) : originsOf(origin)
}

function isOfConfig(symbol: ts.Symbol): boolean {
  return originsOf(symbol).some((declaration) => {
    const { fileName } = declaration.getSourceFile()
    return fileName === TYPES || fileName.startsWith(SCHEMA)
  })
}

/** Every leaf of a type of the configuration: its path, and where it is declared. */
function leavesOf(checker: ts.TypeChecker, type: ts.Type, path: string, found: Map<ts.Declaration, string>): void {
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
    if (isObject) leavesOf(checker, inner, here, found)
    else found.set(declaration, here)
  }
}

/** Which keys of the configuration are read in a file: by `config.key`, or taken apart. A copy of the type by hand hides its readers from here. */
function readIn(file: ts.SourceFile, checker: ts.TypeChecker, told: (declaration: ts.Declaration) => void): void {
  function visit(node: ts.Node): void {
    if (ts.isPropertyAccessExpression(node)) tell(checker.getSymbolAtLocation(node.name))
    if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name
      if (ts.isIdentifier(name)) tell(checker.getTypeAtLocation(node.parent).getProperty(name.text))
    }
    ts.forEachChild(node, visit)
  }
  function tell(symbol: ts.Symbol | undefined): void {
    for (const declaration of originsOf(symbol)) told(declaration)
  }
  visit(file)
}

/** Read where it is made, or shown as a whole. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  name: 'a name for people; `validate -o json` shows it',
  'bus.tls.ca': 'handed on as a whole to libs/bus, which knows no configuration (tls.test.ts)',
  'bus.tls.cert': 'as bus.tls.ca',
  'bus.tls.key': 'as bus.tls.ca',
  'npd.compat[]': "libs/config: each file's check has it in its own configuration",
  'settings.updateIntervalMs': "libs/config: it is each check's interval where that names none",
  'settingsInForce.set[].origin.layer': 'said in words by origin.text; `validate -o json` shows it',
}

describe('the configuration in force', () => {
  it('has no value that nothing reads', { timeout: WALL_MS }, () => {
    const before = process.cpuUsage()
    const files = globSync(['services/**/*.ts', 'libs/**/*.ts'], { cwd: ROOT }).filter(
      (name) => !/\.test\.ts$|testing|fixtures|\/page\/|^libs\/proto\/|\.browser\./.test(name),
    )
    const options = ts.parseJsonConfigFileContent(
      ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config,
      ts.sys,
      ROOT,
    ).options
    const program = ts.createProgram(
      files.map((name) => join(ROOT, name)),
      options,
    )
    const checker = program.getTypeChecker()
    const source = program.getSourceFile(TYPES)
    const declared = source?.statements.find(
      (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === 'NodeDoctorConfig',
    )
    if (declared === undefined) throw new Error(`no NodeDoctorConfig in ${TYPES}`)
    const leaves = new Map<ts.Declaration, string>()
    leavesOf(checker, checker.getTypeAtLocation(declared), '', leaves)
    expect([...leaves.values()]).toEqual(
      expect.arrayContaining(['detector.limits.entitiesPerType', 'exporters.http.history.retentionMs']),
    )
    const unread = new Map(leaves)
    for (const file of program.getSourceFiles()) {
      const name = relative(ROOT, file.fileName)
      if (file.isDeclarationFile || name.startsWith('libs/config/') || name.startsWith('node_modules')) continue
      readIn(file, checker, (declaration) => unread.delete(declaration))
    }
    expect([...unread.values()].filter((path) => !NOT_BUILT.test(path) && !(path in ELSEWHERE))).toEqual([])
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(CPU_MS)
  })
})
