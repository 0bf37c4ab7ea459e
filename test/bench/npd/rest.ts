/** Start, memory and CPU with three files and nothing to tell. */
import { setTimeout as sleep } from 'node:timers/promises'
import { reportFigure } from '../figure.ts'
import { kernelFile, pluginFile, STATS_FILE } from './files.ts'
import { argument, millicoresOf, percentile, privateMiB } from './measure.ts'
import { type NpdFiles, startNpd } from './process.ts'

const STARTS = 5
/** V8's own collections of a start are over by then. */
const SETTLE_MS = 30_000

export const THREE_FILES: NpdFiles = {
  logs: [kernelFile(['KernelDeadlock'])],
  plugins: [pluginFile('/bin/true')],
  stats: [STATS_FILE],
}

export async function atRest(): Promise<void> {
  const starts: number[] = []
  const costs: number[] = []
  for (let run = 0; run < STARTS; run++) {
    await using npd = await startNpd({ files: THREE_FILES })
    starts.push(npd.firstPatchMs / 1000)
    costs.push(npd.firstPatchCpuMs)
  }
  reportFigure({ name: 'start to first PATCH', value: percentile(starts, 0.5), unit: 's', budget: { max: 1.5 } })
  reportFigure({ name: 'processor time of a start', value: percentile(costs, 0.5), unit: 'ms' })
  await using npd = await startNpd({ files: THREE_FILES })
  await sleep(SETTLE_MS)
  const millicores = await millicoresOf(npd.pid, argument('--steady', 60))
  reportFigure({ name: 'CPU at rest', value: millicores, unit: 'millicores', budget: { max: 5 } })
  reportFigure({ name: 'private memory', value: privateMiB(npd.pid), unit: 'MiB', budget: { max: 40 } })
}
