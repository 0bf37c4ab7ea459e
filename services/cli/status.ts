import { entityWord } from '#model'
import type { Node } from '#proto/nodedoctor/v1/detector.ts'
import { firstLine, type Level, type NodeView, renderDuration, renderPlainText, subjectWords } from '#view'
import { fromProtoMonitorState } from '#wire'
import { EXIT_UNKNOWN, tellNoAnswer } from './ask.ts'
import { CONFIG_OPTIONS, type Command, OUTPUT_OPTION, wantsJson } from './command.ts'
import { renderMonitors } from './monitors-table.ts'
import { askNode, stateWord, viewOf } from './node.ts'
import { say, sayJson } from './print.ts'
import { hearRepairs } from './remediation/heard.ts'
import { configOf } from './settings.ts'
import { renderTable } from './table.ts'

export const EXIT_HEALTHY = 0
export const EXIT_PROBLEM = 1

/** Of a message in the table. */
const CELL = 500

const UNKNOWN: readonly Level[] = ['unknown', 'stale']

export function exitCodeOf(view: NodeView): number {
  if (view.problems.length > 0) return EXIT_PROBLEM
  return UNKNOWN.includes(view.verdict.level) ? EXIT_UNKNOWN : EXIT_HEALTHY
}

function conditionsTable(view: NodeView, now: Date): string {
  const rows = view.conditions.map(({ level, held, type, entity, subject, message, reason, since }) => [
    stateWord(level, held),
    type,
    subjectWords(subject, entityWord(entity)),
    renderDuration(now.getTime() - Date.parse(since)),
    reason,
    firstLine(message, CELL),
  ])
  return renderTable(['STATE', 'CONDITION', 'ENTITY', 'SINCE', 'REASON', 'MESSAGE'], rows)
}

export const status: Command = {
  name: 'status',
  summary: 'says whether this node is all right, in the words of the page',
  help: `Usage: node-doctor status [--all] [-o json]

Asks the detector's socket for the node and says what it knows; and the remediator's, where one is, for what holds repairs back.

Options:
  --all, -a        every condition too, and every monitor: whether it answers, why not, and what it sent that it may not
  --run-dir DIR    where the sockets are (env NODE_DOCTOR_RUN_DIR)
  --config FILE    the configuration that says where they are
  -o json          the whole view as JSON; without an answer { error: { code, message, advice, socket } }

Exit code: 0 healthy, 1 a problem is open, 3 not known or no answer.`,
  options: { ...CONFIG_OPTIONS, ...OUTPUT_OPTION, all: { type: 'boolean', short: 'a' } },
  positionals: 0,
  async run(values) {
    const json = wantsJson(values)
    const config = await configOf(values)
    const { settings } = config
    const now = new Date()
    let node: Node | undefined
    try {
      node = await askNode(settings.runDir)
    } catch (err) {
      return tellNoAnswer(err, settings.runDir, values)
    }
    if (node === undefined) return EXIT_UNKNOWN
    const view = viewOf(node, now, await hearRepairs(config, now))
    const monitors = node.monitors.map((monitor) => fromProtoMonitorState(monitor, now))
    if (json) sayJson(view, 2)
    else {
      say(renderPlainText(view, now).trimEnd())
      if (values['all']) say(`\n${conditionsTable(view, now)}\n\n${renderMonitors(monitors, now)}`)
    }
    return exitCodeOf(view)
  },
}
