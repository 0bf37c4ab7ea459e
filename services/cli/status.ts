import { type Level, type NodeView, renderDuration, renderPlainText } from '#model'
import { CONFIG_OPTIONS, type Command, OUTPUT_OPTION, wantsJson } from './command.ts'
import { askNode, detectorSocket, viewOf } from './node.ts'
import { configOf } from './settings.ts'
import { renderTable } from './table.ts'

export const EXIT_HEALTHY = 0
export const EXIT_PROBLEM = 1
export const EXIT_UNKNOWN = 3

const UNKNOWN: readonly Level[] = ['unknown', 'stale']

export function exitCodeOf(view: NodeView): number {
  if (view.problems.length > 0) return EXIT_PROBLEM
  return UNKNOWN.includes(view.verdict.level) ? EXIT_UNKNOWN : EXIT_HEALTHY
}

function conditionsTable(view: NodeView, now: Date): string {
  const rows = view.conditions.map(({ level, type, entity, message, reason, since }) => [
    level,
    type,
    entity === '' ? 'node' : entity,
    renderDuration(now.getTime() - Date.parse(since)),
    reason,
    message,
  ])
  return renderTable(['STATE', 'CONDITION', 'ENTITY', 'SINCE', 'REASON', 'MESSAGE'], rows)
}

export const status: Command = {
  name: 'status',
  summary: 'says whether this node is all right, in the words of the page',
  help: `Usage: node-doctor status [--all] [-o json]

Asks the detector's socket for the node and says what it knows.

Options:
  --all, -a        every condition too
  --run-dir DIR    where the sockets are (env NODE_DOCTOR_RUN_DIR)
  --config FILE    the configuration that says where they are
  -o json          the whole view as JSON

Exit code: 0 healthy, 1 a problem is open, 3 not known or no answer.`,
  options: { ...CONFIG_OPTIONS, ...OUTPUT_OPTION, all: { type: 'boolean', short: 'a' } },
  positionals: 0,
  async run(values) {
    const json = wantsJson(values)
    const { settings } = await configOf(values)
    const now = new Date()
    const node = await askNode(settings.runDir).catch((err: unknown) => {
      process.stderr.write(
        `Not known: the detector does not answer on ${detectorSocket(settings.runDir)} (${err instanceof Error ? err.message : String(err)}).\nIs it running? Start it with: make run\n`,
      )
      return undefined
    })
    if (node === undefined) return EXIT_UNKNOWN
    const view = viewOf(node, now)
    if (json) process.stdout.write(`${JSON.stringify(view, null, 2)}\n`)
    else {
      process.stdout.write(renderPlainText(view, now))
      if (values['all']) process.stdout.write(`\n${conditionsTable(view, now)}\n`)
    }
    return exitCodeOf(view)
  },
}
