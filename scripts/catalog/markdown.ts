/** Tables and words of the generated pages. */

/** A table; a bar or a line break in a cell is written so that it stays in its cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`
  const first = `| ${head.join(' | ')} |`
  return [first, `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

function cell(text: string): string {
  return text === '' ? '–' : text.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ')
}

export function code(text: string): string {
  return `\`${text}\``
}
