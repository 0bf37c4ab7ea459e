/** docs/gpu-checks.md: every numbered check of the GPU monitor, and the machines that show it. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fixturesOf } from '../../services/monitors/gpu/fixtures-of.ts'
import { DROPPED, NUMBERS, type NumberedCheck } from '../../services/monitors/gpu/numbers.ts'
import { code, table } from './markdown.ts'

const HEAD = `# GPU checks

Every numbered check of the GPU monitor, from its own data. Made by \`make generate\`; edit \`services/monitors/gpu/numbers.ts\`, not this page.

- **Key** is that of \`modes\` in the configuration of its check: \`off\`, \`observe\` (told, never acted on), \`act\`. It is act where no other stands here.
- **Fixture** is a captured machine on which it is found, below \`services/monitors/gpu/checks/<check>/fixtures\`.
- **Needs** is what a container has to be given for it beside \`/proc\`, \`/sys\` and what the runtime of NVIDIA brings. SYSLOG the manifests give it,
  \`/run/dbus\` and \`hostPID\` none does ([why](security.md#the-one-that-asks-gpus)); what is not looked at is in the monitor's log, once. Run on the
  machine itself, as root, it has all of it.
- **GPU** is a card that NVIDIA's driver has or is to have: one that computes, or that it had or showed before, or one of such a one's model. One that
  was given away (vfio-pci), or an old one for screens that the driver never had, is none
  ([the rule](../services/monitors/gpu/README.md#which-cards-are-gpus-of-the-node)).
- What is not supported by a card, a driver or a mode gives no verdict, and clears nothing.
`

const COLUMNS = [
  '#',
  'Key',
  'What is looked at',
  'Source',
  'Condition',
  'Severity',
  'Action',
  'Gone when',
  'Needs',
  'Fixture',
] as const

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function rowOf(one: NumberedCheck, fixtures: readonly string[]): readonly string[] {
  const { number, id, title, source, condition, severity, action, gone, mode, needs } = one
  const key = mode === 'act' ? code(id) : `${code(id)} (${mode})`
  const own = fixturesOf(one, fixtures).map(code).join(', ')
  const words = [title, source, code(condition), severity, action ?? 'as it is told', gone, needs]
  return [String(number), key, ...words, own]
}

/** @param root of the project */
export function gpuChecksPage(root: string): string {
  const checks = [...new Set(NUMBERS.map(({ check }) => check))]
  const parts = checks.map((check) => {
    const fixtures = namesIn(join(root, 'services/monitors/gpu/checks', check, 'fixtures'))
    const rows = NUMBERS.filter((one) => one.check === check).map((one) => rowOf(one, fixtures))
    return `## ${code(check)}\n\n${table(COLUMNS, rows)}\n`
  })
  const dropped = DROPPED.map(({ number, what, why }) => `- ${number}, ${what}: ${why}.`)
  return [HEAD, ...parts, `## Not looked at\n\n${dropped.join('\n')}\n`].join('\n')
}
