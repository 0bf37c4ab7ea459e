/** Where a check runs (`monitors[].when`): judged by the machine, in the process that has its files. */
import type { PlaceName } from '#config'
import type { Host } from '#host'
import type { Logger } from '#service'
import { readNvidiaGpus } from './source/nvidia-gpus.ts'
import type { CheckInstance } from './types.ts'

/** Whether a check is meant for this machine. @throws HostReadError */
export async function isPlace(place: PlaceName, host: Pick<Host, 'files'>): Promise<boolean> {
  switch (place) {
    case 'always':
      return true
    case 'nvidia-gpu':
      return (await readNvidiaGpus(host)).length > 0
  }
}

/**
 * Those checks that are meant for this machine; the others are as if nobody had written them. Where that cannot be judged a check
 * runs, and says itself what it cannot see.
 */
export async function instancesHere(
  instances: readonly CheckInstance[],
  { host, log }: { readonly host: Pick<Host, 'files'>; readonly log: Logger },
): Promise<readonly CheckInstance[]> {
  const places = new Set(instances.map(({ when = 'always' }) => when))
  const here = new Set<PlaceName>()
  for (const place of places) {
    const holds = await isPlace(place, host).catch((err: unknown) => {
      log.warn('it cannot be told whether checks are meant for this machine; they run', { when: place, err })
      return true
    })
    if (holds) here.add(place)
  }
  const meant = instances.filter(({ when = 'always' }) => here.has(when))
  const [away] = instances.filter(({ when = 'always' }) => !here.has(when))
  if (away !== undefined)
    log.info('checks are not meant for this machine', { when: away.when, checks: instances.length - meant.length })
  return meant
}
