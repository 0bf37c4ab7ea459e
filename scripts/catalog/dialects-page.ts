/** docs/dialects.md: what becomes of each key of the Go Node Doctor's configuration. */
import { CATALOG, checkOf } from '../../libs/config/catalog.ts'
import { COMMAND_LINE } from '../../libs/config/dialects/go/rows/command-line.ts'
import { SECTIONS, TYPE_SECTIONS, TYPES, typeRowOf } from '../../libs/config/dialects/go/tables.ts'
import type { Row, Section, TypeRow } from '../../libs/config/dialects/go/types.ts'
import { code, table } from './markdown.ts'

const INTRODUCTION = `# Coming from the Go Node Doctor

Its YAML is read as it means. Made by \`make generate\` from \`libs/config/dialects/go\`; edit that, not this page.

\`node-doctor validate FILE\` says of each key that is not ours what became of it, with its place in the file.
\`node-doctor migrate FILE > OURS\` writes the file in our own form, with its comments; it has the same effect.

- **works**: a key of ours, by the same name.
- **renamed**: one by another name, or with its value written in another way. That is said, and is all.
- **split**: one entry of theirs is two of ours.
- **later**: what it asks for is not part of this version. It is told as missing (\`MonitorMissing\`), never left out in silence.
- **refused**: it has no effect here. A warning says why, and what to write in its place: from \`validate\`, in the log of the detector,
  and at the foot of the page.

What holds for all keys:

- Errors are only what can mean nothing: two keys that contradict each other (both are named), a timeout that is not below its
  interval, a key that neither form has. Keys that the Go program's own files write and its code never read have the effect that they name.
- \`apiVersion\` may be any text that is not empty.
- A text that is empty is as if it were not written. A blank in the name of a check is \`-\`.
- A whole number is a number, also where the Go program wants \`85.0\`.
- A latency without a unit is milliseconds. Load in percent of the cores is divided by 100.
- \`\${NAME}\` is a variable, \`$NAME\` is not: as a whole value it is an error, within a text it stays. In a key that has no effect no
  variable need be set. What is divided or gets a unit here cannot be a variable: write our key.
- A section that is refused as a whole is told once; where its \`enabled\` is false nothing is said of it.
- A check that is listed runs; one with \`enabled: false\` does not.
- Of several entries of a type of which there is one check here (all but disks, endpoints and plug-ins) the first is it. It asks the names, gateways of the
  routes and peers of the others too; what else they say has no effect, and is told. In a file that is ours otherwise two are an error.
- True is a problem, for every condition. \`migrate\` writes \`conditionPrefix\` and \`conditionTypes\`, so that the node keeps the
  names of before; what had a name of the kubelet's (\`DiskPressure\`) has \`NodeDoctor\` before it, and a name whose True was good
  (\`CNIHealthy\`) has none here.`

/** A value as YAML on one line would have it. */
function inYaml(value: unknown): string {
  if (typeof value === 'string')
    return /^[\w./:@%+-]+$/.test(value) && Number.isNaN(Number(value)) ? value : JSON.stringify(value)
  return JSON.stringify(value)
    .replace(/"([A-Za-z_][\w]*)":/g, '$1: ')
    .replace(/,(?=\S)/g, ', ')
}

function exampleOf({ key, to, status, example: [theirs, ours = theirs] }: Row): string {
  const last = (name: string) => name.split('.').at(-1) ?? name
  const before = `${last(key).replace(/\[\]$/, '[0]')}: ${inYaml(theirs)}`
  if (status === 'renamed')
    return `${code(before)} → ${code(`${last(to ?? key).replace(/\[\]$/, '')}: ${inYaml(ours)}`)}`
  return code(before)
}

function meaningOf({ key, to, why, instead, words = {}, convert, within, holds, yields }: Row): string {
  return [
    to === undefined || to === key ? '' : code(to),
    [why, instead].filter((part) => part !== undefined).join('; '),
    Object.entries(words)
      .map(([theirs, ours]) => `${code(theirs)} is ${code(ours)}`)
      .join(', '),
    {
      percent: 'percent, divided by 100',
      share: 'above 1 it is percent',
      switch: 'a map with `enabled` is what that says',
      ms: 'a number is milliseconds',
      milliseconds: 'in milliseconds',
      'host-path': 'from the root of the host, without `/host`',
      loopback: '`localhost` is `127.0.0.1`',
      secured: '`http` is `https`, port 10255 is 10250, `localhost` is `127.0.0.1`',
      '': '',
    }[convert ?? ''],
    within === undefined ? '' : `from ${within[0]} to ${within[1]}, what is beyond is the nearest of them`,
    holds === undefined ? '' : `nothing is said of ${holds.map((one) => code(inYaml(one))).join(', ')}`,
    yields === true ? 'where that is written too it counts' : '',
  ]
    .filter((part) => part !== '' && part !== undefined)
    .join('; ')
}

function rowOf(row: Row): string[] {
  return [code(row.key), row.status, meaningOf(row), exampleOf(row)]
}

/** By a check of the catalogue, under this name or the one that it has here. */
function isServed(types: readonly string[]): boolean {
  return types
    .flatMap((type) => [type, ...(typeRowOf(type)?.to ?? [])])
    .some((type) => checkOf(CATALOG, type) !== undefined)
}

/** Of a type that is split: those of its parts that nobody serves. */
function unserved(types: readonly string[]): readonly string[] {
  const parts = types.flatMap((type) => (typeRowOf(type)?.status === 'split' ? (typeRowOf(type)?.to ?? []) : []))
  return parts.filter((type) => checkOf(CATALOG, type) === undefined)
}

/** What is said of keys that no check has yet. */
function laterWords(types: readonly string[]): string {
  if (!isServed(types))
    return '\n\nLater: no check of this version has these keys. What stands here is how they will be read.'
  const parts = unserved(types).map(code)
  return parts.length === 0
    ? ''
    : `\n\nLater: no check of this version is ${parts.join(' or ')}. What stands here of its keys is how they will be read.`
}

function section({ title, types, rows }: Section): string {
  const [name = '', ...rest] = title.split(' ')
  const heading = types === undefined ? rest.join(' ') : `${code(types[0] ?? name)}`
  const missing = types === undefined ? '' : laterWords(types)
  return `## ${heading}${missing}\n\n${table(['Key', 'Becomes', 'Here', 'Example'], rows.map(rowOf))}`
}

function typeRow({ type, status, to, adds = {}, why, instead }: TypeRow): string[] {
  const isLater = status !== 'refused' && !isServed([type])
  const added = Object.entries(adds).map(([key, value]) => `with ${code(`${key}: ${value}`)}`)
  const parts = status === 'split' ? unserved([type]) : []
  const names = (to ?? []).map((one) => (parts.includes(one) ? `${code(one)} (later)` : code(one)))
  const here = [names.join(', '), ...added, why === undefined ? '' : why, instead ?? ''].filter((part) => part !== '')
  return [code(type), isLater && status !== 'later' ? `later, then ${status}` : status, here.join('; ')]
}

/** The whole page. */
export function dialectsPage(): string {
  const types = `## Types of checks\n\n${table(['Type', 'Becomes', 'Here'], TYPES.map(typeRow))}`
  const words = COMMAND_LINE.map(({ key, status, here }) => [code(key), status, here])
  const line = `## Command line and environment\n\n${table(['Word', 'Becomes', 'Here'], words)}`
  return `${[INTRODUCTION, ...SECTIONS.map(section), types, ...TYPE_SECTIONS.map(section), line].join('\n\n')}\n`
}
