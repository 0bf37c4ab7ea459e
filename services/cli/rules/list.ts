/** The rules for logs that come with Node Doctor, for people and for programs. */
import { PACKS, type PackRule } from '#log-rules'
import { renderTable } from '../table.ts'

const HEAD = ['RULE', 'SEVERITY', 'REASON', 'CONDITION', 'ALSO CALLED']

function row({ name, severity, reason, condition = '-', aliases }: PackRule): string[] {
  return [`  ${name}`, severity, reason, condition, aliases.join(', ')]
}

/** One table, each pack under its name. */
export function renderRules(): string {
  return renderTable(
    HEAD,
    PACKS.flatMap(({ name, rules }) => [[name], ...rules.map(row)]),
  )
}

/** As JSON: each rule whole, with its pack. */
export function rulesJson(): { readonly rules: readonly object[] } {
  return { rules: PACKS.flatMap(({ name, rules }) => rules.map((rule) => ({ pack: name, ...rule }))) }
}
