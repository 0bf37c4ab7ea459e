/** Ends what is known of a monitor that is gone, at once. */
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix } from '#rpc'
import { fromProtoProblem } from '#wire'
import { tellNoAnswer } from './ask.ts'
import { CONFIG_OPTIONS, type Command, OUTPUT_OPTION, wantsJson } from './command.ts'
import { CliUsageError } from './errors.ts'
import { detectorSocket } from './node.ts'
import { inLine, say, sayJson } from './print.ts'
import { configOf } from './settings.ts'

const TIMEOUT_MS = 15_000

export const forget: Command = {
  name: 'forget',
  summary: 'ends what is known of a monitor that is gone',
  help: `Usage: node-doctor forget MONITOR [-o json]

Ends the conditions and problems of a monitor that was taken away for good, which would end by themselves after
detector.forgetAfter. One that still answers, whose socket somebody listens on, or that the configuration names is not
forgotten.

Options:
  --run-dir DIR    where the sockets are (env NODE_DOCTOR_RUN_DIR)
  --config FILE    the configuration that says where they are
  -o json          the problems that ended as JSON

Exit code: 0 forgotten, 1 there is no such monitor or it is not gone, 2 wrong command line, 3 no answer.`,
  options: { ...CONFIG_OPTIONS, ...OUTPUT_OPTION },
  positionals: 1,
  async run(values, [monitor = '']) {
    const json = wantsJson(values)
    if (monitor.trim() === '')
      throw new CliUsageError('forget: expected the name of a monitor; "node-doctor status --all" lists them')
    const { settings } = await configOf(values)
    const client = connectUnix(detectorSocket(settings.runDir))
    try {
      const { ended } = await client.call(DetectorService.forget, { monitor }, { timeoutMs: TIMEOUT_MS })
      const problems = ended.map((problem) => fromProtoProblem(problem, new Date()))
      if (json) sayJson({ forgotten: monitor, ended: problems }, 2)
      else {
        say(`forgotten: ${inLine(monitor, 80)}`)
        for (const { summary } of problems) say(`ended: ${inLine(summary)}`)
      }
      return 0
    } catch (err) {
      return tellNoAnswer(err, settings.runDir, values)
    } finally {
      client.close()
    }
  },
}
