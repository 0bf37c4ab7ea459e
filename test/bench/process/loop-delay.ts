/**
 * Loaded into a process with `--import`: writes once a second how long its event loop was held at most since the last
 * line, in milliseconds, to NODE_DOCTOR_LOOP_FILE. Only into the service that NODE_DOCTOR_LOOP_SERVICE names.
 */
import { appendFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const file = process.env['NODE_DOCTOR_LOOP_FILE']
const service = process.env['NODE_DOCTOR_LOOP_SERVICE']
const RESOLUTION_MS = 5

if (file !== undefined && process.argv[1]?.endsWith(`/${service}.mjs`)) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  setInterval(() => {
    appendFileSync(file, `${Date.now()} ${delay.max / 1e6}\n`)
    delay.reset()
  }, 1000).unref()
}
