/** From the table to GPUs. Pure; never throws. */
import { productOf } from '../cards/card.ts'
import { placeOf } from '../cards/pci.ts'
import { parseTable } from './csv.ts'
import { type AskedField, FIELDS, isNameOf } from './fields.ts'
import { asksForReset, readValue, type SmiValue } from './values.ts'

/** A GPU as one query has it. */
export interface GpuRow {
  readonly place: string
  /** Undefined: the driver could not say it. */
  readonly uuid: string | undefined
  readonly index: number | undefined
  /** "H200"; '' where it is not said. */
  readonly name: string
  /** In place of some value the driver asks for a reset. */
  readonly asksForReset: boolean
  /** By key of {@link FIELDS}; what was not asked is not supported. */
  readonly values: ReadonlyMap<string, SmiValue>
}

/** What a query says. */
export interface GpuRows {
  readonly rows: readonly GpuRow[]
  /** Rows that name no GPU, or one that another row names too. */
  readonly malformed: number
  readonly isCut: boolean
}

const UUID = /^GPU-[0-9a-f]{1,8}(?:-[0-9a-f]{1,12}){0,7}$/i
const NONE: SmiValue = { kind: 'not-supported' }

/** What a row says of a field. */
export function valueIn({ values }: Pick<GpuRow, 'values'>, key: string): SmiValue {
  return values.get(key) ?? NONE
}

/** Its number; undefined: it is none, for whatever reason. */
export function numberIn(row: Pick<GpuRow, 'values'>, key: string): number | undefined {
  const value = valueIn(row, key)
  return value.kind === 'number' ? value.value : undefined
}

/** Its word; undefined: it is none, for whatever reason. */
export function textIn(row: Pick<GpuRow, 'values'>, key: string): string | undefined {
  const value = valueIn(row, key)
  return value.kind === 'text' ? value.text : undefined
}

function rowOf(cells: readonly string[], asked: readonly AskedField[]): GpuRow | undefined {
  const values = new Map(asked.map(({ key }, i) => [key, readValue(cells[i] ?? '', FIELDS.get(key)?.kind ?? 'text')]))
  const place = placeOf(textIn({ values }, 'pci.bus_id') ?? '')
  if (place === undefined) return undefined
  const uuid = textIn({ values }, 'uuid') ?? ''
  const index = numberIn({ values }, 'index')
  return {
    place,
    uuid: UUID.test(uuid) ? uuid : undefined,
    index: index !== undefined && Number.isInteger(index) && index >= 0 ? index : undefined,
    name: productOf(textIn({ values }, 'name') ?? ''),
    asksForReset: [...values.values()].some(asksForReset),
    values,
  }
}

/** GPUs of what `--query-gpu` of these fields printed, in the order of their places; undefined: that is no answer to it. */
export function parseRows(text: string, asked: readonly AskedField[], isCut: boolean): GpuRows | undefined {
  const isColumn = (index: number, name: string) => isNameOf(asked[index]?.key ?? '', name)
  const table = parseTable(text, asked.length, { isColumn, isCut })
  if (table === undefined) return undefined
  const byPlace = new Map<string, GpuRow>()
  for (const cells of table.rows) {
    const row = rowOf(cells, asked)
    if (row !== undefined && !byPlace.has(row.place)) byPlace.set(row.place, row)
  }
  const rows = [...byPlace.values()].sort((a, b) => (a.place < b.place ? -1 : 1))
  return { rows, malformed: table.malformed + table.rows.length - rows.length, isCut: table.isCut }
}
