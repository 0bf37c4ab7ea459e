/** Images that nobody uses, where they lie on the disk: the largest first, since how old one is no runtime says. */
import type { RuntimeSocket } from '#cri'
import { createCriPruner } from '#cri/prune'
import type { Tools } from '../actions/types.ts'
import { NoAnswerError } from '../errors.ts'
import { askedRuntime, imagesAt } from '../runtime/asked.ts'
import { pruneImages } from '../runtime/prune.ts'
import type { Cleaning } from './clean-folders.ts'
import type { Disk } from './disk.ts'

/** The runtime that has its images on the disk; or why there is none, in words. */
export async function imagesOn({ device, path }: Disk, tools: Tools): Promise<RuntimeSocket | string> {
  const runtime = await askedRuntime(tools)
  if (typeof runtime === 'string') return runtime
  if ('docker' in runtime) return 'images of Docker are removed by prune-runtime alone'
  const place = await imagesAt(runtime.cri, tools)
  const folder = place === undefined ? undefined : await tools.acts.folders.hold(place)
  if (folder === undefined || 'refused' in folder) return 'where its images lie is not seen'
  await folder.close()
  return folder.device === device ? runtime.cri : `its images are not on the disk of ${path}`
}

/** Until the disk is at its limit. @throws the stop signal's reason */
export async function cleanImages({ disk, gauge, report, stop, clock }: Cleaning, tools: Tools): Promise<void> {
  const runtime = await imagesOn(disk, tools)
  if (typeof runtime === 'string') return report.line(`images: ${runtime}`)
  const cri = createCriPruner(runtime.path, { clock, place: runtime.place })
  try {
    await pruneImages({ cri, report, stop }, () => gauge.isDone(stop))
  } catch (err) {
    if (!(err instanceof NoAnswerError)) throw err
    report.line(`images: ${err.message}`)
  } finally {
    cri.close()
  }
}
