/** Who watches this node, whether they answer, and how the detector's connection to each of them stands. */
import type { MonitorState } from '#model'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix } from '#rpc'
import { renderMonitor } from '#view'
import { fromProtoMonitorState } from '#wire'
import { tellNoAnswer } from './ask.ts'
import { CONFIG_OPTIONS, type Command, OUTPUT_OPTION, wantsJson } from './command.ts'
import { renderMonitors } from './monitors-table.ts'
import { detectorSocket } from './node.ts'
import { say, sayJson } from './print.ts'
import { configOf } from './settings.ts'

const TIMEOUT_MS = 5000

async function askMonitors(runDir: string, now: Date): Promise<readonly MonitorState[]> {
  const client = connectUnix(detectorSocket(runDir))
  try {
    const { monitors } = await client.call(DetectorService.listMonitors, {}, { timeoutMs: TIMEOUT_MS })
    return monitors.map((monitor) => fromProtoMonitorState(monitor, now))
  } finally {
    client.close()
  }
}

export const monitors: Command = {
  name: 'monitors',
  summary: 'lists who watches this node, and how the connection to each stands',
  help: `Usage: node-doctor monitors [-o json]

Every monitor: whether it answers, how the connection to it stands, and what it sent that it may not.

A connection is awaited (nobody has listened on its socket yet), connecting, serving, failing (fewer times in a row than its
threshold), paused (as often: it is asked once per back-off) or lost (all attempts failed: it is asked after the longest back-off,
without end). A socket that is made anew is asked at once.

Options:
  --run-dir DIR    where the sockets are (env NODE_DOCTOR_RUN_DIR)
  --config FILE    the configuration that says where they are
  -o json          the monitors as JSON; without an answer { error: { code, message, advice, socket } }

Exit code: 0 all answer, 1 one does not, 2 wrong command line, 3 no answer of the detector.`,
  options: { ...CONFIG_OPTIONS, ...OUTPUT_OPTION },
  positionals: 0,
  async run(values) {
    const { settings } = await configOf(values)
    const now = new Date()
    try {
      const all = await askMonitors(settings.runDir, now)
      if (wantsJson(values)) sayJson({ monitors: all.map((monitor) => renderMonitor(monitor, now)) }, 2)
      else say(renderMonitors(all, now))
      return all.every(({ health }) => health === 'alive') ? 0 : 1
    } catch (err) {
      return tellNoAnswer(err, settings.runDir, values)
    }
  },
}
