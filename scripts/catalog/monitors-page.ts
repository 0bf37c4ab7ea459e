/** docs/monitors.md: every check of our monitors, from its own description. */
import type { Catalog, CatalogCheck, CatalogCondition, CatalogRule } from '../../libs/config/catalog.ts'
import { renderDuration } from '../../libs/config/duration.ts'
import { keysTable } from './keys-table.ts'
import { code, table } from './markdown.ts'

const INTRODUCTION = `# Monitors

What each check watches, from its own description. Made by \`make generate\`; edit the checks, not this page.

- **Warning** and **critical** are the limits in force when nobody sets others; the key that sets them stands in brackets.
- **Sustained** is how long a reading must be over its limit before it counts. Until then it is *pending*: it neither
  raises a problem nor clears one; what was never seen well or ill before is unknown (\`BeingWatched\`) so long
  (with the check's own reason where the next looks will not tell).
- A problem is gone only on **proof**. A check that cannot look makes its conditions unknown, which proves nothing.
- Status True means a problem, unless a condition says otherwise.`

export function monitorsPage(catalog: Catalog): string {
  const overview = table(
    ['Type', 'Monitor', 'Every', 'Watches'],
    catalog.checks.map((check) => [
      `[${code(check.type)}](#${check.type})`,
      check.monitor,
      renderDuration(check.intervalMs),
      check.description,
    ]),
  )
  const monitors = catalog.monitors.flatMap(({ name, description }) => [
    `## Monitor ${code(name)}\n\n${description}.`,
    ...catalog.checks.filter(({ monitor }) => monitor === name).map(checkSection),
  ])
  return `${[INTRODUCTION, overview, ...monitors].join('\n\n')}\n`
}

function checkSection(check: CatalogCheck): string {
  const {
    type,
    aliases,
    description,
    intervalMs,
    timeoutMs,
    conditions,
    events,
    metrics,
    schema,
    typesFrom = [],
  } = check
  const names = aliases.length === 0 ? '' : ` Also written ${aliases.map(code).join(', ')}.`
  const parts = [
    `### ${type}`,
    `${description}. Every ${renderDuration(intervalMs)}, given up after ${renderDuration(timeoutMs)}.${names}`,
    ...(check.when === undefined ? [] : [`Where nobody writes \`when\` it is ${code(check.when)}.`]),
    ...(check.instances === 'many' ? ['There may be several, each told apart by its name.'] : []),
    ...(typesFrom.length === 0
      ? []
      : [`Its condition types are what its keys name: ${typesFrom.map(code).join(', ')}.`]),
    ...conditions.map(conditionSection),
  ]
  if (events.length > 0) {
    const rows = events.map(({ reason, severity, description: what }) => [code(reason), severity, what])
    parts.push(`**Events**\n\n${table(['Reason', 'Severity', 'Told when'], rows)}`)
  }
  if (metrics.length > 0) {
    const rows = metrics.map(({ name, kind, unit, help }) => [code(name), kind, unit, help])
    parts.push(
      `**Metrics** (each with the prefix of \`exporters.prometheus.namespace\`)\n\n${table(['Name', 'Kind', 'Unit', 'Meaning'], rows)}`,
    )
  }
  parts.push(`**Keys** of \`config\`\n\n${keysTable(schema)}`)
  return parts.join('\n\n')
}

function conditionSection(condition: CatalogCondition): string {
  const polarity = condition.polarity === 'true-is-healthy' ? ' Status True means healthy.' : ''
  const rows = [
    ['Source', condition.source],
    ['Warning', condition.warning],
    ['Critical', condition.critical],
    ['Sustained', condition.sustained],
    ['Proof of recovery', recoveryWords(condition)],
    ['While healthy', `${code(condition.healthyReason)}: ${condition.healthyMessage}`],
  ]
  return `#### ${condition.type}\n\n${condition.description.replace(/\.$/, '')}.${polarity}\n\n${table(['', ''], rows)}`
}

function recoveryWords({ recovery, recoveryText }: CatalogCondition): string {
  return recoveryText === '' ? recovery.map(ruleWords).join(', or ') : recoveryText
}

function ruleWords({ kind, count, forMs }: CatalogRule): string {
  if (kind === 'healthy-checks') return `${count ?? 2} checks in a row find it healthy`
  if (kind === 'absent') return `not seen again for ${renderDuration(forMs ?? 0)}`
  return kind === 'reboot' ? 'a reboot of the node' : 'the word of an operator'
}
