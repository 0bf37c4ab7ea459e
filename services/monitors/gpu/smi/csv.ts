/** The table that `nvidia-smi --format=csv` prints: nothing in it is quoted, and a name may have commas. Pure; never throws. */

/** What was understood of it. */
export interface SmiTable {
  /** Cells of each whole row. */
  readonly rows: readonly (readonly string[])[]
  /** Rows that have too few cells. */
  readonly malformed: number
  /** Its end is missing: there may be more rows. */
  readonly isCut: boolean
}

/** More rows than any machine has GPUs, or processes on them. */
const ROWS_MAX = 4096
const LINE_MAX = 16_384

/** "power.draw [W]" is power.draw. */
function columnName(cell: string): string {
  return cell.trim().replace(/ \[[^\]]*\]$/, '')
}

/** Cells of a line; commas beyond the last column are part of what stands in that. */
function cellsOf(line: string, columns: number): readonly string[] | undefined {
  const parts = line.split(',')
  if (parts.length < columns) return undefined
  return [...parts.slice(0, columns - 1), parts.slice(columns - 1).join(',')].map((cell) => cell.trim())
}

/**
 * Reads the table under a head with these columns, wherever that stands: a driver may print warnings before it.
 * @param isColumn whether a column of the head is the one that was asked at that place
 * @param isCut whether output was left out at the end
 * @returns undefined: there is no such head, so this is no answer
 */
export function parseTable(
  text: string,
  columns: number,
  options: { readonly isColumn: (index: number, name: string) => boolean; readonly isCut: boolean },
): SmiTable | undefined {
  const lines = text.split('\n')
  const last = lines.pop() ?? ''
  const isHead = (line: string) => {
    if (line.length > LINE_MAX) return false
    const cells = line.split(',').map(columnName)
    return cells.length === columns && cells.every((cell, index) => options.isColumn(index, cell))
  }
  const head = lines.findIndex(isHead)
  if (head < 0) return undefined
  const body = lines.slice(head + 1).filter((line) => line.trim() !== '')
  const cells = body.slice(0, ROWS_MAX).map((line) => (line.length > LINE_MAX ? undefined : cellsOf(line, columns)))
  const rows = cells.filter((row) => row !== undefined)
  const isCut = options.isCut || last.trim() !== '' || body.length > ROWS_MAX
  return { rows, malformed: cells.length - rows.length, isCut }
}
