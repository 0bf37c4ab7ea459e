import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const TYPES = join(ROOT, 'libs/config/types.ts')

/** What a promise is that nothing of this version can keep: the remediator is told as missing where it is asked for. */
const NOT_BUILT = /^remediation\.|^monitors\[\]\.remediation\.|^settings\.(enableRemediation|dryRunMode)$/

/** Every leaf of a type of types.ts: its path, and where it is declared. */
function leavesOf(checker: ts.TypeChecker, type: ts.Type, path: string, found: Map<ts.Declaration, string>): void {
  for (const property of checker.getPropertiesOfType(type)) {
    const declaration = property.declarations?.[0]
    if (declaration?.getSourceFile().fileName !== TYPES) continue
    const own = checker.getNonNullableType(checker.getTypeOfSymbol(property))
    const item = checker.isArrayType(own) ? checker.getTypeArguments(own as ts.TypeReference)[0] : undefined
    const here = `${path}${path === '' ? '' : '.'}${property.name}${item === undefined ? '' : '[]'}`
    const inner = item ?? own
    const isObject =
      (inner.flags & ts.TypeFlags.Object) !== 0 &&
      checker.getPropertiesOfType(inner).some((one) => one.declarations?.[0]?.getSourceFile().fileName === TYPES)
    if (isObject) leavesOf(checker, inner, here, found)
    else found.set(declaration, here)
  }
}

/**
 * Which declarations of types.ts are read in a file: by `config.key`, or taken apart. Who hands a part on says its type as
 * `NodeDoctorConfig['…']`; a copy of the type hides its readers from here.
 */
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
    for (const declaration of symbol?.declarations ?? []) told(declaration)
  }
  visit(file)
}

/** Read where it is made, or shown as a whole. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  name: 'a name for people; `validate -o json` shows it',
  'bus.tls.ca': 'handed on as a whole to libs/bus, which knows no configuration (tls.test.ts)',
  'bus.tls.cert': 'as bus.tls.ca',
  'bus.tls.key': 'as bus.tls.ca',
  'settings.updateIntervalMs': "libs/config: it is each check's interval where that names none",
  'settingsInForce.set[].origin.layer': 'said in words by origin.text; `validate -o json` shows it',
}

describe('the configuration in force', () => {
  it('has no value that nothing reads', () => {
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
    expect([...leaves.values()]).toContain('detector.limits.entitiesPerType')
    const unread = new Map(leaves)
    for (const file of program.getSourceFiles()) {
      const name = relative(ROOT, file.fileName)
      if (file.isDeclarationFile || name.startsWith('libs/config/') || name.startsWith('node_modules')) continue
      readIn(file, checker, (declaration) => unread.delete(declaration))
    }
    expect([...unread.values()].filter((path) => !NOT_BUILT.test(path) && !(path in ELSEWHERE))).toEqual([])
  }, 60_000)
})
