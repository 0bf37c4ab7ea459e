/** A person's word that a problem is over. */
import { hostname, userInfo } from 'node:os'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix } from '#rpc'
import { fromProtoProblem } from '#wire'
import { tellNoAnswer } from './ask.ts'
import { CONFIG_OPTIONS, type Command, OUTPUT_OPTION, textOf, wantsJson } from './command.ts'
import { CliUsageError } from './errors.ts'
import { detectorSocket } from './node.ts'
import { inLine, say, sayJson } from './print.ts'
import { configOf } from './settings.ts'

const TIMEOUT_MS = 15_000

/** "ada@worker-1"; a user without a name is told by its number. */
export function whoAsks(): string {
  const user = () => {
    try {
      return userInfo().username
    } catch {
      // The user has no entry in the password file.
      return `uid-${process.getuid?.() ?? 'unknown'}`
    }
  }
  return `${user()}@${hostname()}`
}

export const clear: Command = {
  name: 'clear',
  summary: 'says that a problem is over, by your word',
  help: `Usage: node-doctor clear TYPE --why TEXT [--entity ENTITY] [-o json]

Closes the open problems of this type, with your word as the proof, and tells their monitor, so that it begins anew. For
what no check can prove: a card that was changed, a file system that was repaired. If the monitor finds it again later,
it is a new problem.

TYPE is a condition type or an event's reason, as "node-doctor status" shows it.

Options:
  --why TEXT       why it is over; shown with your name (user@host) to whoever looks
  --entity ENTITY  only of this entity, as "status --all" shows it: disk:/var, or by its name for people: "GPU 3, H200"; node is
                   the node itself. Without it: of every entity
  --run-dir DIR    where the sockets are (env NODE_DOCTOR_RUN_DIR)
  --config FILE    the configuration that says where they are
  -o json          what was closed as JSON

Exit code: 0 closed, 1 no such problem is open, 2 wrong command line, 3 no answer.`,
  options: { ...CONFIG_OPTIONS, ...OUTPUT_OPTION, why: { type: 'string' }, entity: { type: 'string' } },
  positionals: 1,
  async run(values, [type = '']) {
    const json = wantsJson(values)
    const why = textOf(values, 'why')?.trim() ?? ''
    if (type.trim() === '') throw new CliUsageError('clear: expected the type of a problem, such as DiskFull')
    if (why === '')
      throw new CliUsageError('clear: expected --why TEXT: why the problem is over, for whoever looks later')
    const { settings } = await configOf(values)
    const client = connectUnix(detectorSocket(settings.runDir))
    const request = { type, entity: textOf(values, 'entity'), by: whoAsks(), why }
    try {
      const { cleared } = await client.call(DetectorService.clear, request, { timeoutMs: TIMEOUT_MS })
      const problems = cleared.map((problem) => fromProtoProblem(problem, new Date()))
      if (json) sayJson({ cleared: problems }, 2)
      else for (const { summary } of problems) say(`cleared: ${inLine(summary)}`)
      return 0
    } catch (err) {
      return tellNoAnswer(err, settings.runDir, values)
    } finally {
      client.close()
    }
  },
}
