import { inLine } from './print.ts'

/** Rows as aligned columns, each cell on its one line. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cleaned = rows.map((row) => row.map(cellOf))
  const widths = head.map((title, column) => Math.max(title.length, ...cleaned.map((row) => row[column]?.length ?? 0)))
  return [head, ...cleaned]
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Its indent is the table's. */
function cellOf(cell: string): string {
  return (/^ {0,8}/.exec(cell)?.[0] ?? '') + inLine(cell)
}
